// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/event/loop.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/upstream/cluster_set.h"
#include "gtest/gtest.h"

namespace sluice::upstream {

// What tests of clusters stand on: a loop whose time stands still, and snapshots in the making.
class ClusterFixture : public ::testing::Test {
 protected:
  // Turns the loop until `done`. The bound only ends a test that hangs.
  template <typename Done>
  [[nodiscard]] bool RunUntil(Done done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      loop_.RunOnce();
    }
    return true;
  }

  // Enough turns for what is ready to be done with. What has not happened then is not on its way,
  // as far as a single process on loopback can tell.
  void Settle() {
    for (int i = 0; i < 50; ++i) loop_.RunOnce();
  }

  void AdvanceMs(int64_t ms) {
    clock_.AdvanceMs(ms);
    Settle();
  }

  static config::Endpoint EndpointAt(uint16_t port) {
    config::Endpoint endpoint;
    endpoint.address = "127.0.0.1";
    endpoint.port = port;
    return endpoint;
  }

  static config::ClusterEntry Entry(config::Cluster cluster, const std::vector<uint16_t>& ports) {
    config::ClusterEntry entry;
    entry.cluster = std::make_shared<config::Cluster>(std::move(cluster));
    entry.endpoints = Endpoints(ports);
    return entry;
  }

  static std::shared_ptr<const config::EndpointSet> Endpoints(const std::vector<uint16_t>& ports) {
    auto set = std::make_shared<config::EndpointSet>();
    for (uint16_t port : ports) set->endpoints.push_back(EndpointAt(port));
    return set;
  }

  // Publishes `cluster` with endpoints at these ports of loopback, and finds it.
  Cluster& Publish(config::Cluster cluster, const std::vector<uint16_t>& ports) {
    const std::string name = cluster.name;
    snapshot_.clusters.Set(name, Entry(std::move(cluster), ports));
    clusters_.Apply(snapshot_);
    return *clusters_.Find(name);
  }

  // Publishes other endpoints of a cluster that is there.
  void Republish(const std::string& name, const std::vector<uint16_t>& ports) {
    snapshot_.clusters.Set(name, {snapshot_.clusters.Find(name)->cluster, Endpoints(ports)});
    clusters_.Apply(snapshot_);
  }

  static config::Cluster Named(std::string name) {
    config::Cluster cluster;
    cluster.name = std::move(name);
    return cluster;
  }

  uint64_t CounterOf(std::string_view name, const std::string& cluster) {
    return stats_.GetCounter(name, {{"cluster", cluster}}).value();
  }
  int64_t GaugeOf(std::string_view name, const std::string& cluster) {
    return stats_.GetGauge(name, {{"cluster", cluster}}).value();
  }

  base::ManualClock clock_;
  event::Loop loop_{clock_};
  telemetry::StatsShard stats_;
  ClusterSet clusters_{loop_, /*workers=*/1, stats_};
  config::Snapshot snapshot_;
};

}  // namespace sluice::upstream
