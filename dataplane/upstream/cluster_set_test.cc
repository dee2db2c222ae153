// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/cluster_set.h"

#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/upstream/fake_exchange.h"
#include "dataplane/upstream/fake_upstream.h"
#include "dataplane/upstream/fixture.h"

namespace sluice::upstream {
namespace {

using http::ErrorKind;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

class ClusterSetTest : public ClusterFixture {
 protected:
  [[nodiscard]] bool Arrives(FakeUpstream& server, size_t peer = 0) {
    return RunUntil([&] {
      return server.accepted() > peer && server.peer(peer).received().ends_with("\r\n\r\n");
    });
  }

  [[nodiscard]] bool Answered(FakeUpstream& server, FakeExchange& exchange, size_t peer = 0) {
    if (!Arrives(server, peer)) return false;
    server.peer(peer).Forget();
    server.peer(peer).Send(kOk);
    return RunUntil([&] { return exchange.done(); }) && exchange.complete;
  }

  // A request that was answered, so that a connection stands idle.
  [[nodiscard]] bool Warm(Cluster& cluster, FakeUpstream& server) {
    FakeExchange exchange;
    cluster.Start(exchange.attempt, {});
    return Answered(server, exchange);
  }

  FakeUpstream server_{loop_};
};

TEST_F(ClusterSetTest, UnknownNamesAreNotFound) {
  Publish(Named("a"), {});
  EXPECT_NE(clusters_.Find("a"), nullptr);
  EXPECT_EQ(clusters_.Find("b"), nullptr);
}

TEST_F(ClusterSetTest, WithoutEndpointsThereIsNoHealthyHost) {
  Cluster& cluster = Publish(Named("a"), {});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(exchange.reset.has_value());
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kNoHealthyHost);
  EXPECT_EQ(exchange.reset->retry, http::Retry::kSafe);
  EXPECT_EQ(exchange.attempt.address(), "");
  EXPECT_EQ(cluster.HostOf(exchange.attempt), nullptr);
}

TEST_F(ClusterSetTest, TheSameConfigurationKeepsItsConnections) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  ASSERT_TRUE(Warm(cluster, server_));
  config::Snapshot next = snapshot_;
  ++next.sequence;
  next.clusters.Set("b", Entry(Named("b"), {}));
  clusters_.Apply(next);
  EXPECT_EQ(clusters_.Find("a"), &cluster);
  ASSERT_TRUE(Warm(cluster, server_));
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(ClusterSetTest, EndpointsThatStayKeepTheirConnections) {
  FakeUpstream other(loop_);
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  ASSERT_TRUE(Warm(cluster, server_));
  Republish("a", {other.port(), server_.port()});
  EXPECT_EQ(clusters_.Find("a"), &cluster);
  FakeExchange exchanges[2];
  for (FakeExchange& exchange : exchanges) cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(other));
  ASSERT_TRUE(Arrives(server_));
  EXPECT_EQ(server_.accepted(), 1u);
  EXPECT_EQ(cluster.Hosts().size(), 2u);
}

TEST_F(ClusterSetTest, ARemovedEndpointFinishesItsRequestsAndCloses) {
  FakeUpstream other(loop_);
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(server_));
  Republish("a", {other.port()});
  Settle();
  EXPECT_FALSE(server_.peer(0).eof());
  FakeExchange next;
  cluster.Start(next.attempt, {});
  ASSERT_TRUE(Answered(other, next));
  ASSERT_TRUE(Answered(server_, exchange));
  EXPECT_EQ(exchange.attempt.address(), absl::StrCat("127.0.0.1:", server_.port()));
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
  EXPECT_EQ(GaugeOf("upstream_connections_active", "a"), 1);
}

TEST_F(ClusterSetTest, ThoseWhoWaitForARemovedEndpointAreServed) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  Republish("a", {});
  ASSERT_TRUE(Answered(server_, exchange));
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
}

TEST_F(ClusterSetTest, AChangedClusterGetsNewConnectionsAndTheOldOnesFinish) {
  Cluster& before = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  before.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(server_));
  Cluster& after = Publish(Named("a"), {server_.port()});
  EXPECT_NE(&before, &after);
  FakeExchange next;
  after.Start(next.attempt, {});
  ASSERT_TRUE(Answered(server_, next, 1));
  ASSERT_TRUE(Answered(server_, exchange, 0));
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
  EXPECT_FALSE(server_.peer(1).eof());
}

TEST_F(ClusterSetTest, ARemovedClusterClosesWhatIsIdle) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  ASSERT_TRUE(Warm(cluster, server_));
  snapshot_.clusters = {};
  clusters_.Apply(snapshot_);
  EXPECT_EQ(clusters_.Find("a"), nullptr);
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
}

TEST_F(ClusterSetTest, ARetryMayUseAClusterThatIsGone) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(server_));
  snapshot_.clusters = {};
  clusters_.Apply(snapshot_);
  server_.peer(0).Close();
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  Settle();  // The set has let go of it long ago.
  exchange.Clear();
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Answered(server_, exchange, 1));
  ASSERT_TRUE(RunUntil([&] { return server_.peer(1).eof(); }));
}

TEST_F(ClusterSetTest, RemovalUnderLoadLosesNothing) {
  constexpr int kRounds = 30;
  std::vector<std::unique_ptr<FakeExchange>> exchanges;
  for (int round = 0; round < kRounds; ++round) {
    Cluster& cluster = Publish(Named("a"), {server_.port()});
    for (int i = 0; i < 3; ++i) {
      exchanges.push_back(std::make_unique<FakeExchange>());
      cluster.Start(exchanges.back()->attempt, {});
    }
    if (round % 3 == 0) Settle();
    if (round % 2 == 0) {
      snapshot_.clusters = {};
      clusters_.Apply(snapshot_);
    }
  }
  ASSERT_TRUE(RunUntil([&] {
    bool all = true;
    for (size_t i = 0; i < server_.accepted(); ++i) {
      if (!server_.peer(i).received().ends_with("\r\n\r\n")) continue;
      server_.peer(i).Forget();
      server_.peer(i).Send(kOk);
    }
    for (const auto& exchange : exchanges) all = all && exchange->done();
    return all;
  }));
  for (const auto& exchange : exchanges) EXPECT_TRUE(exchange->complete);
}

TEST_F(ClusterSetTest, DrainRefusesNewAndWaitsForTheLast) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange, late;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(server_));
  bool drained = false;
  clusters_.Drain([&] { drained = true; });
  cluster.Start(late.attempt, {});
  ASSERT_TRUE(late.reset.has_value());
  EXPECT_EQ(late.reset->kind, ErrorKind::kDrained);
  Settle();
  EXPECT_FALSE(drained);
  ASSERT_TRUE(Answered(server_, exchange));
  EXPECT_TRUE(RunUntil([&] { return drained; }));
}

TEST_F(ClusterSetTest, DrainOfAnIdleSetIsDoneAtOnce) {
  Publish(Named("a"), {server_.port()});
  bool drained = false;
  clusters_.Drain([&] { drained = true; });
  EXPECT_FALSE(drained);
  EXPECT_TRUE(RunUntil([&] { return drained; }));
}

TEST_F(ClusterSetTest, RetriesAreLimited) {
  config::Cluster config = Named("a");
  config.circuit_breaker.max_retries = 1;
  Cluster& cluster = Publish(config, {});
  EXPECT_TRUE(cluster.TryStartRetry());
  EXPECT_FALSE(cluster.TryStartRetry());
  cluster.EndRetry();
  EXPECT_TRUE(cluster.TryStartRetry());
  cluster.EndRetry();
  EXPECT_EQ(CounterOf("upstream_retries_total", "a"), 2u);
  EXPECT_EQ(CounterOf("upstream_retry_overflows_total", "a"), 1u);
}

TEST_F(ClusterSetTest, AnswersAreCountedByClassAndHost) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(server_));
  cluster.CountResponse(exchange.attempt, 503);
  cluster.CountResponse(exchange.attempt, 204);
  const auto count = [&](std::string code_class) {
    return stats_
        .GetCounter("upstream_responses_total", {{"cluster", "a"}, {"code_class", code_class}})
        .value();
  };
  EXPECT_EQ(count("5xx"), 1u);
  EXPECT_EQ(count("2xx"), 1u);
  const HostView view = cluster.Hosts().at(0);
  EXPECT_EQ(view.errors_5xx, 1u);
  EXPECT_EQ(view.active_requests, 1u);
  EXPECT_EQ(view.connections, 1u);
}

TEST_F(ClusterSetTest, UnusedClustersShowTheirEndpointsAndMakeNoMetrics) {
  Cluster& cluster = Publish(Named("a"), {1, 2});
  EXPECT_EQ(cluster.Hosts().size(), 2u);
  EXPECT_EQ(cluster.Hosts()[1].address, "127.0.0.1:2");
  EXPECT_EQ(CounterOf("upstream_requests_total", "a"), 0u);
}

TEST_F(ClusterSetTest, NamesThatDnsHasNotResolvedAreNoEndpoints) {
  config::Cluster config = Named("a");
  config.discovery = config::Cluster::Discovery::kStrictDns;
  config.endpoints.endpoints.push_back(EndpointAt(80));
  config.endpoints.endpoints[0].address = "backend.example";
  snapshot_.clusters.Set("a", {.cluster = std::make_shared<config::Cluster>(config)});
  clusters_.Apply(snapshot_);
  FakeExchange exchange;
  clusters_.Find("a")->Start(exchange.attempt, {});
  ASSERT_TRUE(exchange.reset.has_value());
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kNoHealthyHost);
}

// The bar of a further worker: half a KiB a cluster. (Sanitizers' allocators count nothing.)
TEST_F(ClusterSetTest, UnusedClustersCostAWorkerLittle) {
  constexpr size_t kClusters = 10'000;
  for (size_t i = 0; i < kClusters; ++i) {
    const std::string name = absl::StrCat("default/backend-number-", i, "/8080");
    snapshot_.clusters.Set(name, Entry(Named(name), {80}));
  }
  const size_t before = mallinfo2().uordblks;
  ClusterSet another(loop_, /*workers=*/2, stats_);
  another.Apply(snapshot_);
  const size_t after = mallinfo2().uordblks;
  EXPECT_LE((after - before) / kClusters, 512u);
  EXPECT_NE(another.Find("default/backend-number-42/8080"), nullptr);
}

class RemovedMetricsTest : public ClusterSetTest {
 protected:
  bool Shown() {
    return telemetry::StatsReader({&stats_}).Prometheus().find("cluster=\"a\"") !=
           std::string::npos;
  }
};

TEST_F(RemovedMetricsTest, AreShownUntilTheLastRequestIsOver) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(server_));
  snapshot_.clusters = {};
  clusters_.Apply(snapshot_);
  Settle();
  EXPECT_TRUE(Shown());
  ASSERT_TRUE(Answered(server_, exchange));
  Settle();
  EXPECT_FALSE(Shown());
}

TEST_F(RemovedMetricsTest, StayWhereANewClusterHasTheName) {
  Cluster& before = Publish(Named("a"), {server_.port()});
  ASSERT_TRUE(Warm(before, server_));
  Publish(Named("a"), {server_.port()});
  ASSERT_TRUE(RunUntil([&] { return server_.peer(0).eof(); }));
  Settle();
  EXPECT_TRUE(Shown());
  EXPECT_EQ(CounterOf("upstream_requests_total", "a"), 1u);
}

TEST_F(RemovedMetricsTest, WaitForAnOlderClusterOfTheName) {
  Cluster& before = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  before.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(server_));
  Cluster& after = Publish(Named("a"), {server_.port()});
  FakeExchange next;
  after.Start(next.attempt, {});
  ASSERT_TRUE(Answered(server_, next, 1));
  snapshot_.clusters = {};
  clusters_.Apply(snapshot_);
  Settle();
  EXPECT_TRUE(Shown());
  ASSERT_TRUE(Answered(server_, exchange, 0));
  Settle();
  EXPECT_FALSE(Shown());
}

TEST_F(RemovedMetricsTest, OfALateRetryGoAgain) {
  Cluster& cluster = Publish(Named("a"), {server_.port()});
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  ASSERT_TRUE(Arrives(server_));
  snapshot_.clusters = {};
  clusters_.Apply(snapshot_);
  server_.peer(0).Close();
  ASSERT_TRUE(RunUntil([&] { return exchange.done(); }));
  Settle();
  EXPECT_FALSE(Shown());
  exchange.Clear();
  cluster.Start(exchange.attempt, {});
  EXPECT_TRUE(Shown());
  ASSERT_TRUE(Answered(server_, exchange, 1));
  Settle();
  EXPECT_FALSE(Shown());
}

// Nobody is at the end of that path: connecting fails at once, which is told at the end of the
// turn, behind the sweep that the removal asked for.
TEST_F(RemovedMetricsTest, OfARequestThatCouldNotConnectGoToo) {
  config::Endpoint nowhere;
  nowhere.address = "unix:/nowhere/sluice.sock";
  auto endpoints = std::make_shared<config::EndpointSet>();
  endpoints->endpoints.push_back(nowhere);
  snapshot_.clusters.Set("a", {std::make_shared<config::Cluster>(Named("a")), endpoints});
  clusters_.Apply(snapshot_);
  Cluster& cluster = *clusters_.Find("a");
  snapshot_.clusters = {};
  clusters_.Apply(snapshot_);
  FakeExchange exchange;
  cluster.Start(exchange.attempt, {});
  EXPECT_TRUE(Shown());
  Settle();
  ASSERT_TRUE(exchange.reset.has_value());
  EXPECT_EQ(exchange.reset->kind, ErrorKind::kConnectFailure);
  EXPECT_FALSE(Shown());
}

}  // namespace
}  // namespace sluice::upstream
