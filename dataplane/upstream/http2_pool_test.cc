// SPDX-License-Identifier: Apache-2.0

// Pools that speak HTTP/2, against the real server codec over loopback.
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/upstream/cluster_set.h"
#include "dataplane/upstream/fake_exchange.h"
#include "dataplane/upstream/fake_http2_upstream.h"
#include "dataplane/upstream/fixture.h"

namespace sluice::upstream {
namespace {

using http::ErrorKind;
using http::Retry;

http::Http2Options WithStreams(uint32_t streams) {
  http::Http2Options options;
  options.max_concurrent_streams = streams;
  return options;
}

class Http2PoolTest : public ClusterFixture {
 protected:
  static config::Cluster Http2(std::string name) {
    config::Cluster cluster = Named(std::move(name));
    cluster.upstream_http = config::Cluster::UpstreamHttp::kHttp2;
    return cluster;
  }

  [[nodiscard]] bool Arrive(FakeHttp2Upstream& server, size_t requests) {
    return RunUntil([&] { return server.requests() >= requests; });
  }
};

TEST_F(Http2PoolTest, RequestsShareOneConnection) {
  FakeHttp2Upstream server(loop_, WithStreams(100));
  Cluster& cluster = Publish(Http2("a"), {server.port()});
  std::vector<std::unique_ptr<FakeExchange>> exchanges;
  for (int i = 0; i < 20; ++i) {
    exchanges.push_back(std::make_unique<FakeExchange>());
    cluster.Start(exchanges.back()->attempt, {});
  }
  ASSERT_TRUE(Arrive(server, 20));
  EXPECT_EQ(server.accepted(), 1u);
  for (size_t i = 0; i < 20; ++i) server.request(i).Answer(200, absl::StrCat("answer ", i));
  for (size_t i = 0; i < 20; ++i) {
    ASSERT_TRUE(RunUntil([&] { return exchanges[i]->done(); }));
    EXPECT_TRUE(exchanges[i]->complete);
    EXPECT_EQ(exchanges[i]->body, absl::StrCat("answer ", i));
    EXPECT_EQ(exchanges[i]->attempt.protocol(), http::Version::kHttp2);
  }
  EXPECT_EQ(GaugeOf("upstream_requests_active", "a"), 0);
}

TEST_F(Http2PoolTest, BeyondThePeersLimitAnotherConnectionIsOpened) {
  FakeHttp2Upstream server(loop_, WithStreams(2));
  config::Cluster config = Http2("a");
  config.http2.max_concurrent_streams = 2;
  Cluster& cluster = Publish(config, {server.port()});
  FakeExchange exchanges[5];
  cluster.Start(exchanges[0].attempt, {});
  ASSERT_TRUE(Arrive(server, 1));
  Settle();  // The peer's settings are known now.
  for (int i = 1; i < 5; ++i) cluster.Start(exchanges[i].attempt, {});
  ASSERT_TRUE(Arrive(server, 5));
  EXPECT_EQ(server.accepted(), 3u);
  for (size_t i = 0; i < 5; ++i) server.request(i).Answer(204);
  for (FakeExchange& exchange : exchanges) {
    ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
    EXPECT_TRUE(exchange.complete);
  }
}

TEST_F(Http2PoolTest, StreamsThatEndMakeRoom) {
  FakeHttp2Upstream server(loop_, WithStreams(1));
  config::Cluster config = Http2("a");
  config.http2.max_concurrent_streams = 1;
  config.circuit_breaker.max_connections = 1;
  Cluster& cluster = Publish(config, {server.port()});
  FakeExchange first, second;
  cluster.Start(first.attempt, {});
  ASSERT_TRUE(Arrive(server, 1));
  Settle();
  cluster.Start(second.attempt, {});
  Settle();
  EXPECT_EQ(server.requests(), 1u);
  server.request(0).Answer(200);
  ASSERT_TRUE(Arrive(server, 2));
  server.request(1).Answer(200);
  ASSERT_TRUE(RunUntil([&] { return second.done(); }));
  EXPECT_TRUE(second.complete);
  EXPECT_EQ(server.accepted(), 1u);
}

TEST_F(Http2PoolTest, AfterGoAwayNewRequestsGoElsewhereAndOldOnesFinish) {
  FakeHttp2Upstream server(loop_, WithStreams(100));
  Cluster& cluster = Publish(Http2("a"), {server.port()});
  FakeExchange first, second;
  cluster.Start(first.attempt, {});
  ASSERT_TRUE(Arrive(server, 1));
  server.GoAway(0);
  Settle();
  cluster.Start(second.attempt, {});
  ASSERT_TRUE(Arrive(server, 2));
  EXPECT_EQ(server.request(1).peer, 1u);
  server.request(0).Answer(200, "late");
  ASSERT_TRUE(RunUntil([&] { return first.done(); }));
  EXPECT_TRUE(first.complete);
  EXPECT_EQ(first.body, "late");
  ASSERT_TRUE(RunUntil([&] { return server.closed(0); }));
}

TEST_F(Http2PoolTest, ARefusedStreamMayBeTriedAgain) {
  FakeHttp2Upstream server(loop_, WithStreams(100));
  Cluster& cluster = Publish(Http2("a"), {server.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrive(server, 1));
  server.request(0).Refuse();
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  ASSERT_TRUE(exchange.reset.has_value());
  EXPECT_EQ(exchange.reset->retry, Retry::kSafe);
}

TEST_F(Http2PoolTest, ACancelledRequestLeavesItsConnection) {
  FakeHttp2Upstream server(loop_, WithStreams(100));
  Cluster& cluster = Publish(Http2("a"), {server.port()});
  FakeExchange first, second;
  cluster.Start(first.attempt, {});
  cluster.Start(second.attempt, {});
  ASSERT_TRUE(Arrive(server, 2));
  first.attempt.Cancel();
  ASSERT_TRUE(RunUntil([&] { return server.request(0).reset; }));
  server.request(1).Answer(200);
  ASSERT_TRUE(RunUntil([&] { return second.done(); }));
  EXPECT_TRUE(second.complete);
  EXPECT_FALSE(first.done());
}

TEST_F(Http2PoolTest, AConnectionThatBreaksResetsAllItsStreams) {
  FakeHttp2Upstream server(loop_, WithStreams(100));
  Cluster& cluster = Publish(Http2("a"), {server.port()});
  FakeExchange exchanges[3];
  for (FakeExchange& exchange : exchanges) cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrive(server, 3));
  server.Close(0);
  for (FakeExchange& exchange : exchanges) {
    ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
    ASSERT_TRUE(exchange.reset.has_value());
    EXPECT_EQ(exchange.reset->kind, ErrorKind::kConnectionClosed);
  }
  EXPECT_EQ(GaugeOf("upstream_connections_active", "a"), 0);
  EXPECT_EQ(GaugeOf("upstream_requests_active", "a"), 0);
}

TEST_F(Http2PoolTest, TheClientsVersionMayDecide) {
  FakeHttp2Upstream server(loop_, WithStreams(100));
  config::Cluster config = Named("a");
  config.upstream_http = config::Cluster::UpstreamHttp::kDownstreamProtocol;
  Cluster& cluster = Publish(config, {server.port()});
  FakeExchange exchange;
  LbContext context;
  context.downstream_version = http::Version::kHttp2;
  cluster.Start(exchange.attempt, context);
  ASSERT_TRUE(Arrive(server, 1));
  server.request(0).Answer(200);
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_EQ(exchange.attempt.protocol(), http::Version::kHttp2);
}

TEST_F(Http2PoolTest, ARemovedClusterFinishesItsStreamsThenGoes) {
  FakeHttp2Upstream server(loop_, WithStreams(100));
  Cluster& cluster = Publish(Http2("a"), {server.port()});
  FakeExchange first, second;
  cluster.Start(first.attempt, {});
  cluster.Start(second.attempt, {});
  ASSERT_TRUE(Arrive(server, 2));
  snapshot_.clusters = {};
  clusters_.Apply(snapshot_);
  Settle();
  server.request(1).Answer(200);
  ASSERT_TRUE(RunUntil([&] { return second.done(); }));
  EXPECT_FALSE(server.closed(0));
  server.request(0).Answer(200);
  ASSERT_TRUE(RunUntil([&] { return first.done(); }));
  EXPECT_TRUE(first.complete);
  ASSERT_TRUE(RunUntil([&] { return server.closed(0); }));
}

}  // namespace
}  // namespace sluice::upstream
