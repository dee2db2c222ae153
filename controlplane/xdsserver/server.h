// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/snapshot_cache.h"
#include "controlplane/xdsserver/stream.h"
#include "controlplane/xdsserver/stream_port.h"

namespace sluice::xdsserver {

// DiscoveryServer opens the streams, and wakes those whose snapshot has changed.
//
// Thread:   any.
// Lifetime: cache and fleet outlive it; it outlives its streams. It is the cache's listener from
//           its construction to its destruction; nobody calls SnapshotCache::Set during these two.
// Errors:   none.
// Limits:   `max_streams` open streams.
class DiscoveryServer : public StreamPort {
 public:
  DiscoveryServer(SnapshotCache& cache, Fleet& fleet, Clock clock, StreamLimits limits = {},
                  size_t max_streams = 20'000);
  ~DiscoveryServer() override;

  std::shared_ptr<DiscoveryStream> Open(Peer peer, StreamShape shape,
                                        std::weak_ptr<StreamSink> sink) override;
  void Tick() override;

 private:
  // Those that are still there; forgets the others.
  std::vector<std::shared_ptr<Stream>> Streams();

  SnapshotCache& cache_;
  Fleet& fleet_;
  const Clock clock_;
  const StreamLimits limits_;
  const size_t max_streams_;
  absl::Mutex mutex_;
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, std::weak_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::xdsserver
