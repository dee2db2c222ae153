// SPDX-License-Identifier: Apache-2.0

// Pools over TLS: trust, names, ALPN.
#include <memory>
#include <string>

#include "dataplane/upstream/cluster_set.h"
#include "dataplane/upstream/fake_exchange.h"
#include "dataplane/upstream/fake_http2_upstream.h"
#include "dataplane/upstream/fake_upstream.h"
#include "dataplane/upstream/tls_fixture.h"

namespace sluice::upstream {
namespace {

using http::ErrorKind;

using TlsPoolTest = TlsClusterFixture;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

TEST_F(TlsPoolTest, ATrustedNameIsServed) {
  FakeUpstream server(loop_, Server({}));
  Cluster& cluster = PublishTls(Tls("backend.example", "backend.example"), server.port());
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(RunUntil(
      [&] { return server.accepted() == 1 && server.peer(0).received().ends_with("\r\n\r\n"); }));
  EXPECT_EQ(last_accepted_->server_name(), "backend.example");
  server.peer(0).Send(kOk);
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_TRUE(exchange.complete);
  EXPECT_EQ(exchange.body, "ok");
}

TEST_F(TlsPoolTest, AnotherNameInTheCertificateIsATlsFailure) {
  FakeUpstream server(loop_, Server({}));
  Cluster& cluster = PublishTls(Tls("backend.example", "other.example"), server.port());
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  ASSERT_TRUE(exchange.reset.has_value());
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kTlsFailure);
  EXPECT_EQ(exchange.reset->retry, http::Retry::kSafe);
  EXPECT_NE(exchange.attempt.failure(), "");
  EXPECT_EQ(server.peer(0).received(), "");
}

TEST_F(TlsPoolTest, PlaintextInsteadOfAHandshakeIsATlsFailure) {
  FakeUpstream server(loop_);
  Cluster& cluster = PublishTls(Tls("backend.example", ""), server.port());
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(RunUntil([&] { return server.accepted() == 1; }));
  server.peer(0).Send(kOk);
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  ASSERT_TRUE(exchange.reset.has_value());
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kTlsFailure);
  EXPECT_EQ(exchange.body, "");
}

TEST_F(TlsPoolTest, ARefusedConnectionIsNoTlsFailure) {
  FakeUpstream server(loop_);
  server.StopListening();
  Cluster& cluster = PublishTls(Tls("backend.example", ""), server.port());
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kConnectFailure);
}

TEST_F(TlsPoolTest, AlpnDecidesTheVersion) {
  FakeHttp2Upstream server(loop_, {}, Server({"h2", "http/1.1"}));
  config::Cluster config = Tls("backend.example", "");
  tls_->common.alpn = {"h2", "http/1.1"};
  config.upstream_http = config::Cluster::UpstreamHttp::kAuto;
  Cluster& cluster = PublishTls(config, server.port());
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(RunUntil([&] { return server.requests() == 1; }));
  EXPECT_EQ(exchange.attempt.protocol(), http::Version::kHttp2);
  server.request(0).Answer(200, "two");
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_EQ(exchange.body, "two");
}

TEST_F(TlsPoolTest, WithoutAgreementItIsHttp11) {
  FakeUpstream server(loop_, Server({"http/1.1"}));
  config::Cluster config = Tls("backend.example", "");
  tls_->common.alpn = {"h2", "http/1.1"};
  config.upstream_http = config::Cluster::UpstreamHttp::kAuto;
  Cluster& cluster = PublishTls(config, server.port());
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(RunUntil([&] {
    return server.accepted() == 1 && server.peer(0).received().starts_with("GET / HTTP/1.1");
  }));
}

// A connection made for one host must not carry the requests of another: its certificate was
// checked for the first.
TEST_F(TlsPoolTest, WithAutoSniEachHostHasItsOwnConnections) {
  FakeUpstream server(loop_, Server({}));
  config::Cluster config = Tls("", "");
  tls_->auto_sni = true;
  tls_->auto_san_validation = true;
  Cluster& cluster = PublishTls(config, server.port());
  const auto get = [&](std::string_view host, size_t peer) {
    FakeExchange exchange;
    LbContext context;
    context.host = host;
    cluster.Start(exchange.attempt, context);
    if (!RunUntil([&] {
          return server.accepted() > peer && server.peer(peer).received().ends_with("\r\n\r\n");
        })) {
      return false;
    }
    server.peer(peer).Forget();
    server.peer(peer).Send(kOk);
    return RunUntil([&] { return exchange.done(); }) && exchange.complete;
  };
  ASSERT_TRUE(get("a.tenants.example:8443", 0));
  EXPECT_EQ(last_accepted_->server_name(), "a.tenants.example");
  ASSERT_TRUE(get("b.tenants.example", 1));
  EXPECT_EQ(last_accepted_->server_name(), "b.tenants.example");
  ASSERT_TRUE(get("a.tenants.example:8443", 0));
  EXPECT_EQ(server.accepted(), 2u);

  FakeExchange stranger;
  LbContext context;
  context.host = "stranger.example";
  cluster.Start(stranger.attempt, context);
  ASSERT_TRUE(RunUntil([&] { return stranger.done(); }));
  EXPECT_EQ(stranger.reset->kind, ErrorKind::kTlsFailure);
}

// What is no server name must not be a way around the check.
TEST_F(TlsPoolTest, WithAutoSniAnAddressIsCheckedAndNoHostIsRefused) {
  FakeUpstream server(loop_, Server({}));
  config::Cluster config = Tls("", "");
  tls_->auto_sni = true;
  tls_->auto_san_validation = true;
  Cluster& cluster = PublishTls(config, server.port());
  for (const std::string_view host : {"127.0.0.2", "[::1]:8443", ""}) {
    FakeExchange exchange;
    LbContext context;
    context.host = host;
    cluster.Start(exchange.attempt, context);
    ASSERT_TRUE(RunUntil([&] { return exchange.done(); })) << host;
    ASSERT_TRUE(exchange.reset.has_value()) << host;
    EXPECT_EQ(exchange.reset->kind, ErrorKind::kTlsFailure) << host;
  }
  const size_t refused = server.accepted();
  FakeExchange exchange;
  LbContext context;
  context.host = "127.0.0.1:8443";
  cluster.Start(exchange.attempt, context);
  ASSERT_TRUE(RunUntil([&] { return server.accepted() > refused; }));
  FakeUpstream::Peer& peer = server.peer(refused);
  ASSERT_TRUE(RunUntil([&] { return peer.received().ends_with("\r\n\r\n"); }));
  EXPECT_EQ(last_accepted_->server_name(), "");
  peer.Send(kOk);
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_TRUE(exchange.complete);
}

}  // namespace
}  // namespace sluice::upstream
