// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/cluster_tally.h"

#include <utility>

namespace sluice::admin {

void ClusterTally::Add(const upstream::Cluster& cluster) {
  const std::vector<upstream::HostView> hosts = cluster.Hosts();
  absl::MutexLock lock(&mutex_);
  Sum& sum = clusters_[cluster.config().name];
  sum.circuit_breaker = cluster.config().circuit_breaker;
  for (const upstream::HostView& host : hosts) {
    EndpointView& view = sum.endpoints[host.address];
    view.address = host.address;
    view.hostname = host.hostname;
    view.health = host.health;
    view.weight = host.weight;
    view.active_requests += host.active_requests;
    view.connections += host.connections;
    view.requests_total += host.requests_total;
    view.connect_failures += host.connect_failures;
    view.errors_5xx += host.errors_5xx;
  }
}

std::vector<ClusterView> ClusterTally::Take() {
  absl::MutexLock lock(&mutex_);
  std::vector<ClusterView> views;
  for (auto& [name, sum] : clusters_) {
    ClusterView& view = views.emplace_back();
    view.name = name;
    view.circuit_breaker = sum.circuit_breaker;
    for (auto& [address, endpoint] : sum.endpoints) view.endpoints.push_back(std::move(endpoint));
  }
  clusters_.clear();
  return views;
}

}  // namespace sluice::admin
