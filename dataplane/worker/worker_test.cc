// SPDX-License-Identifier: Apache-2.0
//
// A whole worker, on its own thread, between clients and servers on the test's loop.
#include "dataplane/worker/worker.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/worker/echo_clients.h"
#include "dataplane/worker/worker_fixture.h"
#include "gtest/gtest.h"

namespace sluice::worker {
namespace {

class WorkerTest : public WorkerFixture {};

TEST_F(WorkerTest, RoutesARequestToItsUpstream) {
  Route("/", "echo");
  Publish();
  listener::RawClient& client = Client();
  client.Send("GET /a/b?c HTTP/1.1\r\nhost: a.example\r\n\r\n");
  ASSERT_TRUE(RunUntil([&] { return client.received().ends_with("\r\n\r\n"); }));
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 200 OK\r\n")) << client.received();
  ASSERT_EQ(upstream_.requests.size(), 1u);
  EXPECT_EQ(upstream_.requests[0]->path, "/a/b?c");
  EXPECT_EQ(upstream_.requests[0]->fields.count("x-request-id"), 1u);
}

TEST_F(WorkerTest, WithoutARouteAnswers404) {
  Route("/a", "echo");
  Publish();
  EXPECT_EQ(StatusOf("/b"), "404");
  EXPECT_EQ(StatusOf("/a"), "200");
}

TEST_F(WorkerTest, AChangeAppliesToTheNextRequestOfAConnection) {
  Route("/", "echo");
  Publish();
  listener::RawClient& client = Client();
  ASSERT_EQ(StatusOf(client, "/x"), "200");
  routes_.clear();
  Route("/y", "echo");
  Publish();
  EXPECT_EQ(StatusOf(client, "/x"), "404");
  EXPECT_EQ(StatusOf(client, "/y"), "200");
  EXPECT_FALSE(client.over());
}

TEST_F(WorkerTest, ChangesUnderLoadDropNothing) {
  Route("/", "echo");
  Publish();
  std::vector<listener::RawClient*> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(&Client());
  for (int round = 0; round < 40; ++round) {
    for (listener::RawClient* client : clients) {
      client->received().clear();
      client->Send("POST /x HTTP/1.1\r\nhost: a.example\r\ncontent-length: 5\r\n\r\nhel");
    }
    // Half of a request is there while everything changes.
    Route(absl::StrCat("/new", round), round % 2 == 0 ? "echo" : "other");
    Publish();
    for (listener::RawClient* client : clients) client->Send("lo");
    for (listener::RawClient* client : clients) {
      ASSERT_TRUE(RunUntil([&] {
        return client->received().find("hello") != std::string::npos ||
               client->received().ends_with("0\r\n\r\n") || client->over();
      }));
      ASSERT_TRUE(client->received().starts_with("HTTP/1.1 200 ")) << client->received();
      ASSERT_FALSE(client->over()) << round;
      ASSERT_TRUE(RunUntil([&] { return client->received().ends_with("0\r\n\r\n"); }));
    }
  }
}

TEST_F(WorkerTest, ARemovedListenerFinishesItsRequests) {
  Route("/", "echo");
  Publish();
  listener::RawClient& client = Client();
  client.Send("POST /x HTTP/1.1\r\nhost: a.example\r\ncontent-length: 4\r\n\r\nab");
  ASSERT_TRUE(RunUntil([&] { return upstream_.requests.size() == 1; }));
  with_listener_ = false;
  Publish();
  client.Send("cd");
  ASSERT_TRUE(RunUntil([&] { return client.over(); }));
  EXPECT_TRUE(client.received().ends_with("0\r\n\r\n")) << client.received();
  EXPECT_NE(client.received().find("cd"), std::string::npos);
}

TEST_F(WorkerTest, DrainWaitsForWhatIsOpen) {
  Route("/", "echo");
  Publish();
  listener::RawClient& client = Client();
  client.Send("POST /x HTTP/1.1\r\nhost: a.example\r\ncontent-length: 4\r\n\r\nab");
  ASSERT_TRUE(RunUntil([&] { return upstream_.requests.size() == 1; }));
  std::atomic<bool> drained = false;
  worker_->Drain(/*limit_ms=*/60'000, [&] { drained = true; });
  // What is posted after it runs after it.
  Visit();
  EXPECT_FALSE(drained);
  client.Send("cd");
  ASSERT_TRUE(RunUntil([&] { return drained.load(); }));
  ASSERT_TRUE(RunUntil([&] { return client.over(); }));
  EXPECT_TRUE(client.received().ends_with("0\r\n\r\n"));
}

TEST_F(WorkerTest, DrainEndsAtItsLimit) {
  Route("/", "echo");
  Publish();
  listener::RawClient& client = Client();
  client.Send("POST /x HTTP/1.1\r\nhost: a.example\r\ncontent-length: 4\r\n\r\nab");
  ASSERT_TRUE(RunUntil([&] { return upstream_.requests.size() == 1; }));
  std::atomic<bool> drained = false;
  worker_->Drain(/*limit_ms=*/0, [&] { drained = true; });
  ASSERT_TRUE(RunUntil([&] { return drained.load(); }));
  ASSERT_TRUE(RunUntil([&] { return client.over(); }));
}

TEST_F(WorkerTest, WhatIsPublishedWhileDrainingOpensNoListener) {
  Route("/", "echo");
  Publish();
  std::atomic<bool> drained = false;
  worker_->Drain(/*limit_ms=*/0, [&] { drained = true; });
  ASSERT_TRUE(RunUntil([&] { return drained.load(); }));
  Publish();
  listener::RawClient& client = Client();
  client.Send("GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n");
  for (int i = 0; i < 3; ++i) Visit();
  EXPECT_EQ(client.received(), "");
}

TEST_F(WorkerTest, StoppingClosesWhatIsOpen) {
  Route("/", "echo");
  Publish();
  listener::RawClient& client = Client();
  client.Send("POST /x HTTP/1.1\r\nhost: a.example\r\ncontent-length: 4\r\n\r\nab");
  ASSERT_TRUE(RunUntil([&] { return upstream_.requests.size() == 1; }));
  worker_->StopAndJoin();
  ASSERT_TRUE(RunUntil([&] { return client.over(); }));
  EXPECT_EQ(Gauge("downstream_requests_active"), 0);
}

TEST_F(WorkerTest, StoppingBeforeTheThreadRunsIsNoMatter) {
  Worker worker(1, 2, log_files_, passwords_, limits_);
  worker.Start();
  worker.StopAndJoin();
  worker.StopAndJoin();
}

TEST_F(WorkerTest, ClustersCanBeLookedAt) {
  Route("/", "echo");
  Publish();
  ASSERT_EQ(StatusOf("/x"), "200");
  EXPECT_EQ(Visit(), 2u);
}

// Aim: whatever is sent through a worker comes back as it was, over every pair of HTTP versions,
// and nothing of it stays behind.
// Method: requests of random size, cut and paused at random, from clients that are pools of our
// own, to a server that echoes; then all counts must be back at zero.
class WorkerPropertyTest : public WorkerFixture {
 protected:
  void Play(bool http2_client, bool http2_upstream, uint64_t seed) {
    constexpr size_t kTotal = 120;
    constexpr size_t kAtOnce = 8;
    upstream_.on_request = [](http::FakeRequest& request) { request.Echo(); };
    upstream_http2_ = http2_upstream;
    routes_.clear();
    Route("/", "echo");
    Publish();
    upstream::ClusterSet pools(loop_, /*workers=*/1, stats_);
    config::Snapshot to_worker;
    to_worker.clusters.Set("proxy", LoopbackCluster("proxy", port(), http2_client));
    pools.Apply(to_worker);
    exchange::Random random(seed);
    std::vector<std::unique_ptr<EchoClient>> clients;
    size_t begun = 0;
    size_t over = 0;
    ASSERT_TRUE(RunUntil([&] {
      while (clients.size() < kAtOnce && begun < kTotal) {
        ++begun;
        clients.push_back(std::make_unique<EchoClient>(*pools.Find("proxy"), random));
      }
      for (auto& client : clients) client->Step();
      over += std::erase_if(clients, [&](const auto& client) {
        if (!client->over()) return false;
        EXPECT_TRUE(client->intact()) << client->what();
        return true;
      });
      return over == kTotal || HasFailure();
    }));
  }
};

TEST_F(WorkerPropertyTest, WhatGoesInComesOut) {
  uint64_t seed = 1;
  for (const bool http2_client : {false, true}) {
    for (const bool http2_upstream : {false, true}) {
      SCOPED_TRACE(absl::StrCat("client h2 ", http2_client, " upstream h2 ", http2_upstream));
      Play(http2_client, http2_upstream, ++seed);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_EQ(Gauge("downstream_requests_active"), 0);
  worker_->StopAndJoin();
  EXPECT_EQ(Gauge("downstream_connections_active"), 0);
  EXPECT_EQ(Gauge("upstream_requests_active"), 0);
}

}  // namespace
}  // namespace sluice::worker
