// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "api/manifest/object.h"
#include "controlplane/registry/registry.h"
#include "controlplane/status/board.h"
#include "controlplane/status/condition_times.h"
#include "controlplane/store/store.h"

namespace sluice::status {

// Keeper writes statuses to the registry, so that what they say of the past outlives this process:
// the times of conditions. It writes behind: what is due gathers for kPause and goes in batches, so
// that no apply waits for more than one of them.
//
// How many proxies serve an object is not written; that is the truth of a moment.
//
// Thread:   Note from any; the registry is written on the Keeper's own thread.
// Lifetime: what it is given outlives it. The destructor writes what is still due.
// Errors:   a write that fails is logged once in a while, and its objects wait for their next
//           change: what is lost is how long a condition has been so. A status that the registry
//           does not take (too long) keeps no other from being written.
// Limits:   kMaxBatch objects a transaction; one key an object waits.
class Keeper {
 public:
  static constexpr absl::Duration kPause = absl::Milliseconds(500);
  static constexpr size_t kMaxBatch = 256;

  Keeper(registry::Registry& registry, const store::Store& store, const Board& board);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // What the registry remembers, for Board::Recall.
  static std::map<manifest::ObjectKey, ConditionTimes> Recall(registry::Registry& registry);

  // Their status is not as it was written.
  void Note(const std::vector<manifest::ObjectKey>& keys);

 private:
  void Run();
  // Takes up to kMaxBatch keys that are due.
  std::vector<manifest::ObjectKey> TakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write(const std::vector<manifest::ObjectKey>& keys);

  registry::Registry& registry_;
  const store::Store& store_;
  const Board& board_;

  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::set<manifest::ObjectKey> due_ ABSL_GUARDED_BY(mutex_);
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace sluice::status
