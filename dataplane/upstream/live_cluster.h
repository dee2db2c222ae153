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
// Lifetime: see Cluster. Its set, which outlives it, holds it whenever it has a connection.
class ClusterSet::LiveCluster final : public Cluster {
 public:
  LiveCluster(ClusterSet& set, config::ClusterEntry entry);

  const config::Cluster& config() const override { return *entry_.cluster; }
  void Start(Attempt& attempt, const LbContext& context) override;
  const Host* HostOf(const Attempt& attempt) const override { return attempt.host(); }
  bool TryStartRetry() override;
  void EndRetry() override;
  void CountResponse(const Attempt& attempt, uint16_t status) override;
  void CountRequestTime(int64_t ns) override { Traffic().counters().request_duration.RecordNs(ns); }
  std::vector<HostView> Hosts() const override;

  const config::ClusterEntry& entry() const { return entry_; }
  void SetEndpoints(std::shared_ptr<const config::EndpointSet> endpoints);

  // Closes what is idle, now and from now on; tells the set once there is nothing left.
  void Drain();
  bool idle() const;
  // It has been started on, so that it has metrics.
  bool used() const { return traffic_ != nullptr; }

  // Drains, since it is no longer configured: the set keeps it until it is idle.
  void Retire();
  // The set let go of it: only attempts hold it now. What it had for traffic goes, so that nobody
  // holds its metrics.
  void OnLetGo();

 private:
  //  kConfigured ─Retire▶ kRetired ─idle▶ kLetGo ─use (a late retry)▶ kRetired
  enum class Standing : uint8_t { kConfigured, kRetired, kLetGo };

  ClusterTraffic& Traffic();
  void MaybeIdle();

  ClusterSet& set_;
  config::ClusterEntry entry_;
  std::unique_ptr<ClusterTraffic> traffic_;
  bool draining_ = false;
  Standing standing_ = Standing::kConfigured;
};

}  // namespace sluice::upstream
