// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/request.h"
#include "controlplane/xdsserver/snapshot_cache.h"
#include "controlplane/xdsserver/stream_port.h"
#include "controlplane/xdsserver/type_line.h"

namespace sluice::xdsserver {

// What one stream may take. The defaults are far above what a proxy needs.
struct StreamLimits {
  size_t max_names = 200'000;                    // TypeLine::held_names(), over all types
  size_t max_types = 32;                         // lines
  size_t response_bytes = 3 * 1024 * 1024;       // gRPC clients refuse 4 MiB unless told otherwise
  absl::Duration order_wait = absl::Seconds(5);  // see "Order" below
  absl::Duration follow_wait = absl::Seconds(2);
};

// Stream speaks the xDS protocol with one client: ADS or one type, delta or state of the world.
//
// Who: the first message names node and Gateway; the Gateway has to be one that the credential
// allows. Nothing else that a node says is believed, and of a later node nothing is looked at but
// the list of fields that it does not support.
//
// Order: what is pointed at comes first, so that no update drops a request. In each pull the types
// are tried as CDS, EDS, consumers, LDS, RDS, SDS, others.
//   1. Listeners and routes wait while a cluster or endpoint response is open, or while endpoints
//      that new clusters need have not been asked for: at most order_wait or follow_wait, so that a
//      client that never answers hurts itself only.
//   2. Clusters, endpoints and secrets that are gone are reported when the listeners and routes
//      that left them have been accepted, and for endpoints and secrets the clusters too. If those
//      were refused, the old ones stay in use, and what they point at stays. A refused cluster does
//      not keep other clusters, nor itself once it is deleted.
//      Consumers that are gone are reported when those were answered, accepted or not, or when
//      order_wait is over.
//   3. Endpoints follow each changed cluster, changed or not: Envoy warms a changed cluster only
//      when endpoints arrive.
//
// Thread:   any; one lock.
// Lifetime: shared by the carrier and, weakly, the server; cache and fleet outlive it.
// Errors:   a client that breaks the rules is finished with a status that says which.
// Limits:   StreamLimits.
class Stream : public DiscoveryStream {
 public:
  Stream(Peer peer, StreamShape shape, std::weak_ptr<StreamSink> sink, const SnapshotCache& cache,
         Fleet& fleet, Clock clock, StreamLimits limits);
  ~Stream() override;

  void OnMessage(std::string_view bytes) override;
  Outbound Pull() override;

  // Wakes the carrier if this stream serves that group.
  void OnSnapshot(std::string_view group);
  // Wakes the carrier if something waits for a time that may have come.
  void OnTick();

 private:
  using LineKey = std::pair<int, std::string>;  // rank, type URL: the order of sending

  absl::Status HandleLocked(Request request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AdmitLocked(const Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ResolveTypeLocked(Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckNamesLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReportAnswerLocked(const TypeLine& line, TypeLine::Verdict verdict)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // For a line that had a refusal: tells the fleet if it has none any more.
  void ReportRefusalOverLocked(const TypeLine& line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Outbound PullLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Outbound> NextLocked(const Snapshot& snapshot, TypeLine& line,
                                     TypeLine::Removals removals)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AfterSendLocked(const Snapshot& snapshot, const TypeLine& line, const TypeLine::Batch& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Rule 1 and rule 2 of "Order".
  bool MustWaitForClustersLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool UsersHaveMovedOnLocked(std::string_view pointed_at) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool PoliciesAreAnsweredLocked(absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next response that reports what was withheld and may be told now.
  std::optional<Outbound> NextRemovalLocked(const Snapshot& snapshot, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SettleLocked(const Snapshot& snapshot, bool is_waiting)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Things that the client should ask for next (ResourceRef), until it does or the time is over.
  void ExpectLocked(const ResourceRef& ref, absl::Time until) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetExpectedLocked(const TypeLine& line, const Request& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExpireExpectedLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  TypeLine* FindLineLocked(std::string_view type_url) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const TypeLine* FindLineLocked(std::string_view type_url) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WakeSink();

  const Peer peer_;
  const StreamShape shape_;
  const std::weak_ptr<StreamSink> sink_;
  const SnapshotCache& cache_;
  Fleet& fleet_;
  const Clock clock_;
  const StreamLimits limits_;

  // Set once, before is_admitted_ is.
  std::string group_;
  std::atomic<bool> is_admitted_{false};
  std::atomic<bool> is_waiting_{false};

  absl::Mutex mutex_;
  absl::Status verdict_ ABSL_GUARDED_BY(mutex_);  // not OK: finish with it
  uint64_t fleet_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string node_id_ ABSL_GUARDED_BY(mutex_);
  std::map<LineKey, TypeLine> lines_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_nonce_ ABSL_GUARDED_BY(mutex_) = 0;
  // Type URL, then name, to the time until which it is waited for.
  absl::flat_hash_map<std::string, absl::flat_hash_map<std::string, absl::Time>> expected_
      ABSL_GUARDED_BY(mutex_);
  uint64_t settled_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  ProxyState state_ ABSL_GUARDED_BY(mutex_) = ProxyState::kSyncing;
};

}  // namespace sluice::xdsserver
