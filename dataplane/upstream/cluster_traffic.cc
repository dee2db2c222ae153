// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/cluster_traffic.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sluice::upstream {

ClusterTraffic::ClusterTraffic(event::Loop& loop, uint32_t workers, telemetry::StatsShard& stats,
                               Dice& dice, const config::Cluster& config,
                               std::function<void()> on_idle)
    : config_(config),
      dice_(dice),
      limits_(config.circuit_breaker, workers),
      counters_(stats, config.name),
      shared_{.loop = loop, .config = config_, .limits = limits_, .counters = counters_},
      on_idle_(std::move(on_idle)),
      sweep_(*this) {}

ClusterTraffic::~ClusterTraffic() = default;

void ClusterTraffic::SetEndpoints(const config::EndpointSet& endpoints) {
  absl::flat_hash_map<std::string_view, std::unique_ptr<HostPools>> before = std::move(pools_);
  pools_.clear();
  in_order_.clear();
  std::vector<HostSet::Member> members;
  members.reserve(endpoints.endpoints.size());
  for (const config::Endpoint& endpoint : endpoints.endpoints) {
    const std::string address = HostAddress(endpoint);
    // One address is one host; where it is said twice the first counts, as in Envoy.
    if (pools_.contains(address)) continue;
    std::unique_ptr<HostPools> pools;
    if (const auto known = before.find(address); known != before.end()) {
      pools = std::move(known->second);
      before.erase(known);
      pools->host().Update(endpoint);
    } else {
      PoolUser& user = *this;
      pools = std::make_unique<HostPools>(shared_, *new Host(endpoint), user);
    }
    Host& host = pools->host();
    pools_.emplace(host.address(), std::move(pools));
    members.push_back({.host = &host, .endpoint = &endpoint});
    in_order_.push_back(&host);
  }
  hosts_.emplace(config_, endpoints.overprovisioning_percent, members, dice_);
  for (auto& [address, pools] : before) DrainHost(std::move(pools));
}

void ClusterTraffic::DrainHost(std::unique_ptr<HostPools> pools) {
  pools->Drain();
  leaving_.push_back(std::move(pools));
  shared_.loop.AtTurnEnd(sweep_);
}

void ClusterTraffic::Drain() {
  draining_ = true;
  for (auto& [address, pools] : pools_) pools->Drain();
  shared_.loop.AtTurnEnd(sweep_);
}

bool ClusterTraffic::idle() const {
  return leaving_.empty() && std::all_of(pools_.begin(), pools_.end(),
                                         [](const auto& entry) { return entry.second->empty(); });
}

void ClusterTraffic::OnPoolEmpty() {
  if (draining_ || !leaving_.empty()) shared_.loop.AtTurnEnd(sweep_);
}

void ClusterTraffic::SweepLeaving() {
  std::erase_if(leaving_, [this](std::unique_ptr<HostPools>& pools) {
    if (!pools->empty()) return false;
    shared_.loop.DeleteLater(std::move(pools));
    return true;
  });
  if (draining_ && idle()) on_idle_();
}

}  // namespace sluice::upstream
