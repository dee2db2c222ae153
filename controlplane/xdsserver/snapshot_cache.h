// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/xdsserver/resource_set.h"

namespace sluice::xdsserver {

// What tells the time; tests turn their own.
using Clock = std::function<absl::Time()>;

// What one group of proxies is to serve, from one moment on.
struct Snapshot {
  std::string group;  // the Gateway, NS/NAME
  ResourceSet resources;
  std::string version;    // resources.Version()
  uint64_t sequence = 0;  // grows with each change of any group; for "at least this one"
  absl::Time set_at;
};

// SnapshotCache holds the current snapshot of each Gateway.
//
// The key is the Gateway and nothing that a client says, so that what one caller may not see cannot
// reach it through what another one warmed.
//
// Thread:   any.
// Lifetime: outlives the streams that read it.
// Errors:   none.
// Limits:   one snapshot a group, an empty one where its Gateway is gone; what a stream was sent of
//           older ones lives as long as the stream remembers it.
class SnapshotCache {
 public:
  explicit SnapshotCache(Clock clock) : clock_(std::move(clock)) {}

  // Publishes and returns its sequence. A set that says the same as the current one changes
  // nothing and returns the current sequence.
  uint64_t Set(std::string_view group, ResourceSet resources);

  // Null for a group that has no snapshot (yet).
  [[nodiscard]] std::shared_ptr<const Snapshot> Find(std::string_view group) const;
  // Of all groups, sorted by group.
  [[nodiscard]] std::vector<std::shared_ptr<const Snapshot>> List() const;

  // Whom to tell, after each change, of the group that changed; null for nobody. Called by the
  // thread that called Set, holding no lock.
  void SetListener(std::function<void(const std::string& group)> listener);

 private:
  const Clock clock_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<const Snapshot>> snapshots_
      ABSL_GUARDED_BY(mutex_);
  uint64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void(const std::string&)> listener_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::xdsserver
