// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/cluster_set.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/random/random.h"
#include "dataplane/upstream/live_cluster.h"

namespace sluice::upstream {

ClusterSet::ClusterSet(event::Loop& loop, uint32_t workers, telemetry::StatsShard& stats)
    : loop_(loop), workers_(workers), stats_(stats), dice_(absl::BitGen()()) {}

ClusterSet::~ClusterSet() = default;

void ClusterSet::Apply(const config::Snapshot& snapshot) {
  config::ClusterMap::ForEachDifference(
      applied_, snapshot.clusters,
      [this](const std::string& name, const config::ClusterEntry*,
             const config::ClusterEntry* entry) { ApplyOne(name, entry); });
  applied_ = snapshot.clusters;
}

void ClusterSet::ApplyOne(const std::string& name, const config::ClusterEntry* entry) {
  if (entry == nullptr) {
    const auto it = clusters_.find(name);
    Retire(std::move(it->second));
    clusters_.erase(it);
    return;
  }
  Ref<LiveCluster>& live = clusters_[name];
  if (live && live->entry().cluster == entry->cluster) return live->SetEndpoints(entry->endpoints);
  if (live) Retire(std::move(live));
  live = Ref<LiveCluster>(new LiveCluster(*this, *entry));
  if (draining_) live->Drain();
}

Cluster* ClusterSet::Find(std::string_view name) {
  const auto found = clusters_.find(name);
  return found == clusters_.end() ? nullptr : found->second.get();
}

void ClusterSet::ForEach(const std::function<void(const Cluster&)>& visit) const {
  for (const auto& [name, cluster] : clusters_) visit(*cluster);
}

// Even an idle one stays until the end of the turn: whoever found it in this turn may still start
// on it.
void ClusterSet::Retire(Ref<LiveCluster> cluster) {
  cluster->Retire();
  retired_.push_back(std::move(cluster));
  loop_.AtTurnEnd(sweep_);
}

void ClusterSet::OnDrained(LiveCluster&) { loop_.AtTurnEnd(sweep_); }

void ClusterSet::SweepRetired() {
  std::vector<std::string> gone;
  std::erase_if(retired_, [&gone](const Ref<LiveCluster>& cluster) {
    if (!cluster->idle()) return false;
    if (cluster->used()) gone.push_back(cluster->config().name);
    cluster->OnLetGo();
    return true;
  });
  RetireMetrics(gone);
  if (drained_ == nullptr || !retired_.empty()) return;
  const bool idle = std::all_of(clusters_.begin(), clusters_.end(),
                                [](const auto& entry) { return entry.second->idle(); });
  if (idle) std::exchange(drained_, nullptr)();
}

// With its last request a cluster's metrics go, unless others of its name are there still: the one
// that took its place, or one before it that drains.
void ClusterSet::RetireMetrics(const std::vector<std::string>& names) {
  if (names.empty()) return;
  absl::flat_hash_set<std::string_view> draining;
  for (const Ref<LiveCluster>& cluster : retired_) draining.insert(cluster->config().name);
  for (const std::string& name : names) {
    if (clusters_.contains(name) || draining.contains(name)) continue;
    stats_.Retire({"cluster", name}, loop_.now_ms());
  }
}

void ClusterSet::Drain(std::function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  for (auto& [name, cluster] : clusters_) cluster->Drain();
  loop_.AtTurnEnd(sweep_);
}

}  // namespace sluice::upstream
