// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/event/loop.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/upstream/attempt.h"
#include "dataplane/upstream/cluster.h"
#include "dataplane/upstream/dice.h"
#include "dataplane/upstream/lb_context.h"

namespace sluice::upstream {

// The clusters of one worker.
//
// Apply keeps what did not change: the same config::Cluster pointer keeps its pools, and a new
// EndpointSet keeps the pools of the endpoints that stay. A removed endpoint or cluster takes no
// new streams and closes its connections when those it has are done. Apply costs what differs from
// the snapshot before.
class ClusterSet {
 public:
  // `workers` is by how many the proxy's limits (circuit breakers) are shared.
  ClusterSet(event::Loop& loop, uint32_t workers, telemetry::StatsShard& stats);
  ~ClusterSet();

  void Apply(const config::Snapshot& snapshot);

  // Null: unknown.
  Cluster* Find(std::string_view name);

  // Takes no new streams (those asked for are reset, kDrained); calls `done` from the loop when the
  // last one has ended.
  void Drain(std::function<void()> done);

  void ForEach(const std::function<void(const Cluster&)>& visit) const;

 private:
  class LiveCluster;

  // Retired clusters go at the end of a turn: that they are done is heard of from inside their own
  // calls.
  class Sweep final : public event::TurnEnd {
   public:
    explicit Sweep(ClusterSet& set) : set_(set) {}
    void OnTurnEnd() override { set_.SweepRetired(); }

   private:
    ClusterSet& set_;
  };

  // Null: it is configured no more.
  void ApplyOne(const std::string& name, const config::ClusterEntry* entry);
  void Retire(Ref<LiveCluster> cluster);
  void OnDrained(LiveCluster& cluster);
  void SweepRetired();
  void RetireMetrics(const std::vector<std::string>& names);

  event::Loop& loop_;
  const uint32_t workers_;
  telemetry::StatsShard& stats_;
  Dice dice_;
  config::ClusterMap applied_;
  absl::flat_hash_map<std::string, Ref<LiveCluster>> clusters_;
  std::vector<Ref<LiveCluster>> retired_;
  bool draining_ = false;
  std::function<void()> drained_;
  Sweep sweep_{*this};
};

}  // namespace sluice::upstream
