// SPDX-License-Identifier: Apache-2.0

// Pools over loopback: a cluster of the real set, with a server whose bytes the test writes.
#include "dataplane/upstream/pool.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/event/socket.h"
#include "dataplane/upstream/fake_exchange.h"
#include "dataplane/upstream/fake_upstream.h"
#include "dataplane/upstream/fixture.h"

namespace sluice::upstream {
namespace {

using http::ErrorKind;
using http::Retry;
using http::Side;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

class PoolTest : public ClusterFixture {
 protected:
  static bool HasRequest(FakeUpstream::Peer& peer) { return peer.received().ends_with("\r\n\r\n"); }

  // The request is at the server's `peer`.
  [[nodiscard]] bool Arrives(size_t peer) {
    return RunUntil([&] { return server_.accepted() > peer && HasRequest(server_.peer(peer)); });
  }

  void Answer(size_t peer, std::string_view answer = kOk) {
    server_.peer(peer).Forget();
    server_.peer(peer).Send(answer);
  }

  // One request and its answer on connection number `peer`.
  [[nodiscard]] bool Exchange(Cluster& cluster, FakeExchange& exchange, size_t peer) {
    exchange.Clear();
    cluster.Start(exchange.attempt, {});
    if (!Arrives(peer)) return false;
    Answer(peer);
    return RunUntil([&] { return exchange.done(); }) && exchange.complete;
  }

  FakeUpstream server_{loop_};
};

TEST_F(PoolTest, AnswersComeBack) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  EXPECT_TRUE(exchange.attempt.active());
  ASSERT_TRUE(Arrives(0));
  EXPECT_TRUE(server_.peer(0).received().starts_with("GET / HTTP/1.1\r\n"));
  Answer(0);
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_TRUE(exchange.complete);
  EXPECT_EQ(exchange.status, 200);
  EXPECT_EQ(exchange.body, "ok");
  EXPECT_FALSE(exchange.attempt.active());
  EXPECT_EQ(exchange.attempt.address(), absl::StrCat("127.0.0.1:", server_.port()));
  EXPECT_EQ(exchange.attempt.hostname(), exchange.attempt.address());
  EXPECT_TRUE(exchange.attempt.local_address().starts_with("127.0.0.1:"));
  EXPECT_EQ(exchange.attempt.protocol(), http::Version::kHttp11);
  EXPECT_EQ(CounterOf("upstream_requests_total", "a"), 1u);
  EXPECT_EQ(GaugeOf("upstream_requests_active", "a"), 0);
  EXPECT_EQ(GaugeOf("upstream_connections_active", "a"), 1);
}

TEST_F(PoolTest, AConnectionServesOneRequestAfterAnother) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Exchange(cluster, exchange, 0));
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolTest, EveryByteIsCountedOnce) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  size_t asked = 0;
  for (int i = 1; i <= 3; ++i) {
    exchange.Clear();
    cluster.Start(exchange.attempt, {});
    ASSERT_TRUE(Arrives(0));
    asked += server_.peer(0).received().size();
    Answer(0);
    ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
    EXPECT_EQ(CounterOf("upstream_cx_tx_bytes_total", "a"), asked);
    EXPECT_EQ(CounterOf("upstream_cx_rx_bytes_total", "a"), i * kOk.size());
  }
}

TEST_F(PoolTest, TheConnectionUsedLastIsUsedNext) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange first, second;
  cluster.Start(first.attempt, {});
  ASSERT_TRUE(Arrives(0));
  cluster.Start(second.attempt, {});
  ASSERT_TRUE(Arrives(1));
  Answer(1);
  ASSERT_TRUE(RunUntil([&] { return second.done(); }));
  Answer(0);
  ASSERT_TRUE(RunUntil([&] { return first.done(); }));
  EXPECT_TRUE(Exchange(cluster, first, 0));
  EXPECT_EQ(server_.accepted(), 2u);
}

TEST_F(PoolTest, WhoDistrustsIdleConnectionsGetsANewOne) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  exchange.Clear();
  cluster.Start(exchange.attempt, {.no_idle_connection = true});
  ASSERT_TRUE(Arrives(1));
  EXPECT_EQ(server_.peer(0).received(), "");
}

// Where no other may be opened, waiting for one would be waiting for nothing.
TEST_F(PoolTest, UnlessNoOtherMayBeOpened) {
  config::Cluster config = Named("a");
  config.circuit_breaker.max_connections = 1;
  Cluster& cluster = Publish(config, {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  exchange.Clear();
  cluster.Start(exchange.attempt, {.no_idle_connection = true});
  ASSERT_TRUE(Arrives(0));
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolTest, ThoseWhoWaitAreServedInOrder) {
  config::Cluster config = Named("a");
  config.circuit_breaker.max_connections = 1;
  Cluster& cluster = Publish(config, {server_.port()});
  FakeExchange exchanges[3];
  for (int i = 0; i < 3; ++i) {
    exchanges[i].path = absl::StrCat("/", i);
    cluster.Start(exchanges[i].attempt, {});
  }
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Arrives(0));
    EXPECT_TRUE(server_.peer(0).received().starts_with(absl::StrCat("GET /", i, " ")));
    Answer(0);
    ASSERT_TRUE(RunUntil([&] { return exchanges[i].done(); }));
    EXPECT_TRUE(exchanges[i].complete);
  }
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(PoolTest, TooManyWaitingOverflow) {
  config::Cluster config = Named("a");
  config.circuit_breaker.max_pending = 2;
  Cluster& cluster = Publish(config, {server_.port()});
  FakeExchange exchanges[3];
  for (FakeExchange& exchange : exchanges) cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(exchanges[2].reset.has_value());
  EXPECT_EQ(exchanges[2].reset->kind, ErrorKind::kOverflow);
  EXPECT_EQ(exchanges[2].reset->retry, Retry::kSafe);
  EXPECT_EQ(CounterOf("upstream_pending_overflows_total", "a"), 1u);
  EXPECT_FALSE(exchanges[0].done());
}

TEST_F(PoolTest, TooManyRequestsOverflow) {
  config::Cluster config = Named("a");
  config.circuit_breaker.max_requests = 1;
  Cluster& cluster = Publish(config, {server_.port()});
  FakeExchange first, second;
  cluster.Start(first.attempt, {});
  ASSERT_TRUE(Arrives(0));
  cluster.Start(second.attempt, {});
  ASSERT_TRUE(RunUntil([&] { return second.done(); }));
  EXPECT_EQ(second.reset->kind, ErrorKind::kOverflow);
  // The connection that was opened for it serves the next.
  Answer(0);
  ASSERT_TRUE(RunUntil([&] { return first.done(); }));
  EXPECT_TRUE(first.complete);
}

TEST_F(PoolTest, AHostWithoutConnectionsMayOpenOneOverTheLimit) {
  FakeUpstream other(loop_);
  config::Cluster config = Named("a");
  config.circuit_breaker.max_connections = 1;
  Cluster& cluster = Publish(config, {server_.port(), other.port()});
  FakeExchange exchanges[4];
  for (FakeExchange& exchange : exchanges) cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(RunUntil([&] { return server_.accepted() == 1 && other.accepted() == 1; }));
  Settle();
  EXPECT_EQ(server_.accepted(), 1u);
  EXPECT_EQ(other.accepted(), 1u);
}

TEST_F(PoolTest, ARefusedConnectionFailsAllWhoWait) {
  const uint16_t port = server_.port();
  server_.StopListening();
  Cluster& cluster = Publish(Named("a"), {port});
  FakeExchange first, second;
  cluster.Start(first.attempt, {});
  cluster.Start(second.attempt, {});
  ASSERT_TRUE(RunUntil([&] { return first.done() && second.done(); }));
  EXPECT_EQ(first.reset->kind, ErrorKind::kConnectFailure);
  EXPECT_EQ(first.reset->retry, Retry::kSafe);
  EXPECT_EQ(first.reset->side, Side::kUpstream);
  EXPECT_EQ(first.attempt.failure(), "connect: Connection refused");
  EXPECT_EQ(first.attempt.address(), absl::StrCat("127.0.0.1:", port));
  Settle();
  EXPECT_GE(CounterOf("upstream_connect_failures_total", "a"), 1u);
  EXPECT_EQ(GaugeOf("upstream_connections_active", "a"), 0);
  EXPECT_GE(cluster.Hosts()[0].connect_failures, 1u);
}

// The queue of a socket that nobody accepts from is full after one connection, and the kernel then
// lets further ones wait.
TEST_F(PoolTest, AConnectionThatTakesTooLongTimesOut) {
  const auto fd = event::ListenSocket(*event::Address::FromIp("127.0.0.1", 0),
                                      {.reuse_port = false, .backlog = 0});
  ASSERT_TRUE(fd.ok());
  const event::Address address = *event::LocalAddress(fd->get());
  const auto filler = event::ConnectSocket(address);
  ASSERT_TRUE(filler.ok());
  config::Cluster config = Named("a");
  config.connect_timeout_ms = 250;
  Cluster& cluster = Publish(config, {address.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  AdvanceMs(200);
  EXPECT_FALSE(exchange.done());
  AdvanceMs(100);
  ASSERT_TRUE(exchange.done());
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kConnectTimeout);
  EXPECT_EQ(exchange.reset->retry, Retry::kSafe);
  EXPECT_EQ(exchange.attempt.failure(), "connect timeout");
  EXPECT_EQ(CounterOf("upstream_connect_timeouts_total", "a"), 1u);
}

TEST_F(PoolTest, ACancelledWaiterLeavesTheQueue) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  {
    FakeExchange gone;
    cluster.Start(gone.attempt, {});
  }
  ASSERT_TRUE(RunUntil([&] { return server_.accepted() == 1; }));
  Settle();
  EXPECT_EQ(server_.peer(0).received(), "");
  // The connection is kept for the next.
  EXPECT_TRUE(Exchange(cluster, exchange, 0));
}

TEST_F(PoolTest, ACancelledRequestClosesItsHttp1Connection) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(0));
  exchange.attempt.Cancel();
  EXPECT_FALSE(exchange.attempt.active());
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
  EXPECT_FALSE(exchange.done());
  EXPECT_EQ(GaugeOf("upstream_requests_active", "a"), 0);
  EXPECT_EQ(GaugeOf("upstream_connections_active", "a"), 0);
}

TEST_F(PoolTest, BytesOnAnIdleConnectionCloseIt) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison");
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
  ASSERT_TRUE(Exchange(cluster, exchange, 1));
  EXPECT_EQ(exchange.body, "ok");
}

// The poison is in the socket before the request leaves, but seen after it was begun.
TEST_F(PoolTest, BytesBeforeTheRequestLeftAreNotItsAnswer) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  exchange.Clear();
  exchange.send_at_once = false;
  cluster.Start(exchange.attempt, {});
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison");
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  ASSERT_TRUE(exchange.reset.has_value());
  EXPECT_EQ(exchange.reset->retry, Retry::kSafe);
  EXPECT_EQ(exchange.body, "");
}

TEST_F(PoolTest, BytesBehindAnAnswerCloseTheConnection) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(0));
  FakeExchange waiting;
  Answer(0, absl::StrCat(kOk, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison"));
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_EQ(exchange.body, "ok");
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
  EXPECT_TRUE(Exchange(cluster, waiting, 1));
}

TEST_F(PoolTest, AnIdleConnectionThatThePeerClosesIsForgotten) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  server_.peer(0).Close();
  ASSERT_TRUE(RunUntil([&] { return GaugeOf("upstream_connections_active", "a") == 0; }));
  EXPECT_TRUE(Exchange(cluster, exchange, 1));
}

TEST_F(PoolTest, AReusedConnectionThatClosesWithoutAByteMayBeRetried) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  exchange.Clear();
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(0));
  server_.peer(0).Close();
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kConnectionClosed);
  EXPECT_EQ(exchange.reset->retry, Retry::kIfReused);
}

TEST_F(PoolTest, AFreshConnectionThatClosesWithoutAByteIsNotRetriedSilently) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(0));
  server_.peer(0).Close();
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kConnectionClosed);
  EXPECT_EQ(exchange.reset->retry, Retry::kNever);
}

TEST_F(PoolTest, AfterAByteOfTheAnswerNothingIsRetried) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  exchange.Clear();
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(0));
  Answer(0, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart");
  ASSERT_TRUE(RunUntil([&] { return exchange.body == "part"; }));
  server_.peer(0).Close();
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kConnectionClosed);
  EXPECT_EQ(exchange.reset->retry, Retry::kNever);
}

TEST_F(PoolTest, AnIdleConnectionTimesOut) {
  config::Cluster config = Named("a");
  config.idle_timeout_ms = 60'000;
  Cluster& cluster = Publish(config, {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  AdvanceMs(50'000);
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  AdvanceMs(50'000);
  EXPECT_FALSE(server_.peer(0).eof());
  AdvanceMs(11'000);
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
}

TEST_F(PoolTest, ABusyConnectionDoesNotTimeOut) {
  config::Cluster config = Named("a");
  config.idle_timeout_ms = 1000;
  Cluster& cluster = Publish(config, {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  exchange.Clear();
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(0));
  AdvanceMs(10'000);
  Answer(0);
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_TRUE(exchange.complete);
}

TEST_F(PoolTest, AConnectionServesOnlySoManyRequests) {
  config::Cluster config = Named("a");
  config.max_requests_per_connection = 2;
  Cluster& cluster = Publish(config, {server_.port()});
  FakeExchange exchange;
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  ASSERT_TRUE(Exchange(cluster, exchange, 0));
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
  EXPECT_TRUE(Exchange(cluster, exchange, 1));
}

TEST_F(PoolTest, AConnectionLivesOnlySoLong) {
  config::Cluster config = Named("a");
  config.max_connection_duration_ms = 5000;
  Cluster& cluster = Publish(config, {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(0));
  AdvanceMs(6000);
  // What is under way is finished first.
  Answer(0);
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  EXPECT_TRUE(exchange.complete);
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
}

TEST_F(PoolTest, ConnectionCloseIsHeeded) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(0));
  Answer(0, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
  EXPECT_TRUE(Exchange(cluster, exchange, 1));
}

// An owner that starts its next request from inside every end of the last.
TEST_F(PoolTest, AnOwnerMayStartAgainFromItsReset) {
  class Stubborn final : public AttemptOwner {
   public:
    explicit Stubborn(Cluster& cluster) : cluster(cluster) {}
    void OnStreamReady(http::ClientStream&) override {}
    void OnInformational(http::ResponseHead&) override {}
    void OnResponse(http::ResponseHead&, bool) override {}
    void OnData(base::Buffer&, bool) override {}
    void OnTrailers(http::HeaderMap&) override {}
    void OnCanSend() override {}
    void OnStreamComplete() override {}
    void OnReset(const http::StreamError&) override {
      if (++resets < 5) cluster.Start(attempt, {});
    }
    Cluster& cluster;
    int resets = 0;
    Attempt attempt{*this};
  };
  const uint16_t port = server_.port();
  server_.StopListening();
  Cluster& cluster = Publish(Named("a"), {port});
  Stubborn stubborn(cluster);
  cluster.Start(stubborn.attempt, {});
  ASSERT_TRUE(RunUntil([&] { return stubborn.resets == 5; }));
  EXPECT_FALSE(stubborn.attempt.active());
}

}  // namespace
}  // namespace sluice::upstream
