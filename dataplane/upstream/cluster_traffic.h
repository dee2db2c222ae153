// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dataplane/config/cluster.h"
#include "dataplane/event/loop.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/upstream/counters.h"
#include "dataplane/upstream/dice.h"
#include "dataplane/upstream/host_pools.h"
#include "dataplane/upstream/host_set.h"
#include "dataplane/upstream/limits.h"

namespace sluice::upstream {

// ClusterTraffic is what a cluster needs once requests go to it: hosts, their pools, the choice
// among them, limits and counts. A cluster that nobody uses has none.
//
// Thread:   its worker's only.
// Lifetime: owned by its cluster.
class ClusterTraffic final : private PoolUser {
 public:
  // `on_idle` is called when the last connection or waiting attempt went.
  ClusterTraffic(event::Loop& loop, uint32_t workers, telemetry::StatsShard& stats, Dice& dice,
                 const config::Cluster& config, std::function<void()> on_idle);
  ~ClusterTraffic();

  // Endpoints that stay keep their pools; those that went take no new streams.
  void SetEndpoints(const config::EndpointSet& endpoints);

  // Null: no healthy host.
  Host* Choose(const LbContext& context) { return hosts_->Choose(context, dice_); }

  void Drain();
  bool idle() const;

  Limits& limits() { return limits_; }
  Counters& counters() { return counters_; }
  // In the order of configuration.
  const std::vector<Host*>& in_order() const { return in_order_; }

 private:
  // Pools that became empty are looked for at the end of the turn, out of their own calls.
  class Sweep final : public event::TurnEnd {
   public:
    explicit Sweep(ClusterTraffic& traffic) : traffic_(traffic) {}
    void OnTurnEnd() override { traffic_.SweepLeaving(); }

   private:
    ClusterTraffic& traffic_;
  };

  void OnPoolEmpty() override;
  void SweepLeaving();
  void DrainHost(std::unique_ptr<HostPools> pools);

  const config::Cluster& config_;
  Dice& dice_;
  Limits limits_;
  Counters counters_;
  PoolShared shared_;
  std::function<void()> on_idle_;
  // Keys live in the hosts.
  absl::flat_hash_map<std::string_view, std::unique_ptr<HostPools>> pools_;
  std::vector<std::unique_ptr<HostPools>> leaving_;
  std::vector<Host*> in_order_;
  std::optional<HostSet> hosts_;
  bool draining_ = false;
  Sweep sweep_;
};

}  // namespace sluice::upstream
