// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "dataplane/crypto/password_threads.h"
#include "dataplane/event/loop.h"
#include "dataplane/http/request_handler_fake.h"
#include "dataplane/limits/limit_table.h"
#include "dataplane/listener/active_listener.h"
#include "dataplane/listener/raw_client.h"
#include "dataplane/router/router.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/worker/worker.h"
#include "gtest/gtest.h"

namespace sluice::worker {

// Sockets of one address of loopback, for one worker.
inline std::shared_ptr<const listener::ListenSockets> LoopbackSockets() {
  auto sockets = std::make_shared<listener::ListenSockets>();
  auto fd = event::ListenSocket(*event::Address::FromIp("127.0.0.1", 0));
  CHECK_OK(fd.status());
  sockets->address = *event::LocalAddress(fd->get());
  sockets->fds.push_back(*std::move(fd));
  return sockets;
}

inline config::ClusterEntry LoopbackCluster(std::string name, uint16_t port, bool http2) {
  auto cluster = std::make_shared<config::Cluster>();
  cluster->name = std::move(name);
  cluster->upstream_http =
      http2 ? config::Cluster::UpstreamHttp::kHttp2 : config::Cluster::UpstreamHttp::kHttp1;
  auto endpoints = std::make_shared<config::EndpointSet>();
  config::Endpoint endpoint;
  endpoint.address = "127.0.0.1";
  endpoint.port = port;
  endpoints->endpoints.push_back(std::move(endpoint));
  return {.cluster = std::move(cluster), .endpoints = std::move(endpoints)};
}

// What tests of a worker stand on: the worker on its thread; on the test's own, clients, and a
// server that sends back what it gets.
class WorkerFixture : public ::testing::Test {
 protected:
  WorkerFixture() {
    upstream_.on_request = [](http::FakeRequest& request) { request.Echo(); };
    echo_ = std::make_unique<listener::ActiveListener>(
        loop_, 0, 1, stats_, "echo", [this](const config::Listener&, const config::FilterChain&) {
          return std::make_unique<EchoHandler>(upstream_);
        });
    config::Listener config;
    config.filter_chains = {{.http = std::make_shared<config::HttpConnection>()}};
    echo_->Apply(std::make_shared<const config::Listener>(std::move(config)), {echo_sockets_});
    worker_->Start();
  }
  ~WorkerFixture() override {
    worker_->StopAndJoin();
    clients_.clear();
    echo_->CloseAll();
    for (int i = 0; i < 10; ++i) loop_.RunOnce();
  }

  void Route(std::string prefix, std::string cluster) {
    config::Route route;
    route.match.path = {config::PathMatch::Kind::kPrefix, std::move(prefix)};
    route.action = config::Forward{.clusters = {{.cluster = std::move(cluster)}}};
    routes_.insert(routes_.begin(), std::move(route));
  }

  // Makes the worker serve by what the test has set, from now on.
  void Publish() {
    auto http = std::make_shared<config::HttpConnection>();
    config::VirtualHost host{.name = "v", .domains = {"*"}, .routes = routes_};
    auto router = router::Router::Build({.name = "t", .virtual_hosts = {host}});
    CHECK_OK(router.status());
    http->router = *router;
    http->filters = filters_;
    config::Listener listener;
    listener.name = "l";
    listener.filter_chains = {{.name = "c", .http = http}};
    auto snapshot = std::make_shared<config::Snapshot>();
    snapshot->sequence = ++sequence_;
    if (with_listener_) {
      snapshot->listeners = {std::make_shared<const config::Listener>(std::move(listener))};
    }
    // A change of version makes another cluster; the same one keeps its connections.
    const uint16_t echo_port = echo_sockets_->address.port();
    if (cluster_is_http2_ != upstream_http2_ || clusters_.empty()) {
      cluster_is_http2_ = upstream_http2_;
      clusters_.Set("echo", LoopbackCluster("echo", echo_port, upstream_http2_));
      clusters_.Set("other", LoopbackCluster("other", echo_port, upstream_http2_));
    }
    snapshot->clusters = clusters_;
    snapshot->consumers = consumers_;
    auto update = std::make_shared<Update>();
    update->snapshot = std::move(snapshot);
    update->sockets["l"] = {sockets_};
    std::atomic<bool> applied = false;
    worker_->Publish(std::move(update), [&] { applied = true; });
    CHECK(RunUntil([&] { return applied.load(); }));
  }

  // Has the worker's clusters counted; so also waits for what was posted before.
  size_t Visit() {
    std::atomic<bool> done = false;
    size_t clusters = 0;
    worker_->VisitClusters([&](const upstream::Cluster&) { ++clusters; }, [&] { done = true; });
    CHECK(RunUntil([&] { return done.load(); }));
    return clusters;
  }

  template <typename Done>
  [[nodiscard]] bool RunUntil(Done done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(40);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      loop_.RunOnce();
    }
    return true;
  }

  listener::RawClient& Client() {
    clients_.push_back(std::make_unique<listener::RawClient>(loop_, sockets_->address.port()));
    return *clients_.back();
  }
  // The status that a GET gets.
  std::string StatusOf(listener::RawClient& client, std::string_view path) {
    client.received().clear();
    client.Send(absl::StrCat("GET ", path, " HTTP/1.1\r\nhost: a.example\r\n\r\n"));
    CHECK(RunUntil(
        [&] { return client.received().find("\r\n\r\n") != std::string::npos || client.over(); }));
    // The rest of a short answer came with it.
    return client.received().substr(9, 3);
  }
  std::string StatusOf(std::string_view path) { return StatusOf(Client(), path); }

  // The sum over all labels of one of the worker's metrics; -1 if there is none.
  int64_t Gauge(std::string_view name) {
    const std::string text = telemetry::StatsReader({&worker_->stats()}).Prometheus();
    const std::string start = absl::StrCat("sluice_", name, "{");
    int64_t sum = -1;
    for (size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
      const size_t space = text.find(' ', at);
      int64_t value = 0;
      CHECK(absl::SimpleAtoi(text.substr(space + 1, text.find('\n', space) - space - 1), &value));
      sum = std::max<int64_t>(sum, 0) + value;
    }
    return sum;
  }

  uint16_t port() const { return sockets_->address.port(); }

  class EchoHandler final : public listener::ChainHandler {
   public:
    explicit EchoHandler(http::FakeRequestHandler& handler) : handler_(handler) {}
    http::RequestHandler& handler() override { return handler_; }

   private:
    http::FakeRequestHandler& handler_;
  };

  event::Loop loop_;
  telemetry::StatsShard stats_;  // The test's own side.
  http::FakeRequestHandler upstream_;
  const std::shared_ptr<const listener::ListenSockets> echo_sockets_ = LoopbackSockets();
  std::unique_ptr<listener::ActiveListener> echo_;
  telemetry::LogFiles log_files_;
  crypto::PasswordThreads passwords_{1};
  limits::LimitTable limits_{base::Clock::System().MonotonicNs(), 4096};
  std::unique_ptr<Worker> worker_ = std::make_unique<Worker>(0, 1, log_files_, passwords_, limits_);
  const std::shared_ptr<const listener::ListenSockets> sockets_ = LoopbackSockets();
  std::vector<config::Route> routes_;
  std::vector<config::HttpFilter> filters_;
  std::shared_ptr<const config::ConsumerTable> consumers_;
  config::ClusterMap clusters_;
  bool with_listener_ = true;
  bool upstream_http2_ = false;
  bool cluster_is_http2_ = false;
  uint64_t sequence_ = 0;
  std::vector<std::unique_ptr<listener::RawClient>> clients_;
};

}  // namespace sluice::worker
