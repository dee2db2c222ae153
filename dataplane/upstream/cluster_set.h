// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/event/loop.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/upstream/attempt.h"

namespace sluice::upstream {

// What the choice of an endpoint may depend on.
struct LbContext {
  std::optional<uint64_t> hash;         // For consistent hashing.
  absl::Span<const Host* const> tried;  // Avoided while there are others (retries).
  http::Version downstream_version = http::Version::kHttp11;
  std::string_view host;  // For auto SNI.
};

// What admin shows of one endpoint, as seen by one worker.
struct HostView {
  std::string address;
  std::string hostname;
  config::Health health = config::Health::kHealthy;
  uint32_t weight = 1;
  uint32_t active_requests = 0;
  uint32_t connections = 0;
  uint64_t requests_total = 0;
  uint64_t connect_failures = 0;
  uint64_t errors_5xx = 0;
};

// One cluster as one worker sees it: live endpoints, balancer, pools, counts.
//
// Thread:   its worker's only.
// Lifetime: owned by the ClusterSet; after removal it lives on until its last stream ended.
class Cluster {
 public:
  virtual ~Cluster() = default;

  virtual const config::Cluster& config() const = 0;

  // Chooses an endpoint and gets a stream to it for `attempt`, which must be idle. The owner hears
  // OnStreamReady or OnReset, both possibly before this returns:
  //   kNoHealthyHost, kOverflow, kConnectFailure, kConnectTimeout, kTlsFailure: Retry::kSafe.
  virtual void Start(Attempt& attempt, const LbContext& context) = 0;

  // The host of an active attempt, for LbContext::tried.
  virtual const Host* HostOf(const Attempt& attempt) const = 0;

  // Retries in flight against the cluster's breaker or budget. TryStartRetry false means URX.
  virtual bool TryStartRetry() = 0;
  virtual void EndRetry() = 0;

  // Counts the outcome of one answered attempt.
  virtual void CountResponse(const Attempt& attempt, uint16_t status) = 0;

  virtual std::vector<HostView> Hosts() const = 0;
};

// The clusters of one worker.
//
// Apply keeps what did not change: the same config::Cluster pointer keeps its pools, and a new
// EndpointSet keeps the pools of the endpoints that stay. A removed endpoint or cluster takes no
// new streams and closes its connections when those it has are done.
class ClusterSet {
 public:
  // `workers` is by how many the proxy's limits (circuit breakers) are shared.
  ClusterSet(event::Loop& loop, uint32_t workers, telemetry::StatsShard& stats);
  ~ClusterSet();

  void Apply(const config::Snapshot& snapshot);

  // Null: unknown.
  Cluster* Find(std::string_view name);

  // Takes no new streams; calls `done` when the last one has ended.
  void Drain(std::function<void()> done);

  void ForEach(const std::function<void(const Cluster&)>& visit) const;

 private:
  class LiveCluster;
  event::Loop& loop_;
  const uint32_t workers_;
  telemetry::StatsShard& stats_;
  absl::flat_hash_map<std::string, std::unique_ptr<LiveCluster>> clusters_;
};

}  // namespace sluice::upstream
