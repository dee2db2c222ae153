// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/config/snapshot.h"
#include "dataplane/upstream/cluster_set.h"
#include "dataplane/upstream/cluster_traffic.h"

namespace sluice::upstream {

// A LiveCluster is a Cluster of a ClusterSet: two pointers into the snapshot until the first
// request, so that ten thousand unused clusters cost a worker next to nothing.
//
// Thread:   its worker's only.
// Lifetime: owned by its set; goes through Loop::DeleteLater.
class ClusterSet::LiveCluster final : public Cluster, public event::Deferred {
 public:
  LiveCluster(ClusterSet& set, config::ClusterEntry entry);

  const config::Cluster& config() const override { return *entry_.cluster; }
  void Start(Attempt& attempt, const LbContext& context) override;
  const Host* HostOf(const Attempt& attempt) const override { return attempt.host(); }
  bool TryStartRetry() override;
  void EndRetry() override;
  void CountResponse(const Attempt& attempt, uint16_t status) override;
  std::vector<HostView> Hosts() const override;

  const config::ClusterEntry& entry() const { return entry_; }
  void SetEndpoints(std::shared_ptr<const config::EndpointSet> endpoints);

  // Closes what is idle, now and from now on; tells the set once there is nothing left.
  void Drain();
  bool idle() const;

 private:
  ClusterTraffic& Traffic();
  void MaybeIdle();

  ClusterSet& set_;
  config::ClusterEntry entry_;
  std::unique_ptr<ClusterTraffic> traffic_;
  bool draining_ = false;
};

}  // namespace sluice::upstream
