// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "api/manifest/object.h"
#include "controlplane/registry/change.h"
#include "controlplane/resolve/verdict.h"
#include "controlplane/status/condition_times.h"

namespace sluice::status {

// What one translation changed.
struct BoardUpdate {
  registry::Revision revision = 0;
  // Of the snapshot cache, after the translation: proxies at or past it serve this revision.
  uint64_t sequence = 0;
  std::vector<manifest::ObjectKey> changed;  // objects, whether or not their verdict changed
  std::vector<manifest::ObjectKey> removed;
  resolve::Verdicts verdicts;  // new ones, of changed objects and of others
  std::vector<manifest::ObjectKey> dropped_verdicts;
  absl::Time at;
};

// What is known of one object.
struct BoardEntry {
  resolve::Verdict verdict;
  // When the verdict became what it is, and the sequence from which on proxies serve the object.
  absl::Time since;
  uint64_t sequence = 0;
  ConditionTimes times;
};

// The board holds what became of every object: resolve's verdicts, and from which snapshot on each
// is served.
//
// Thread:   any.
// Lifetime: outlives its readers.
// Errors:   none.
// Limits:   one entry an object.
class Board {
 public:
  // What was known of conditions before this process, for the first verdict of each object. Called
  // before the first Publish.
  void Recall(std::map<manifest::ObjectKey, ConditionTimes> times);

  // Returns the objects whose status is another one than before: another verdict, or a condition
  // that has gone over.
  std::vector<manifest::ObjectKey> Publish(BoardUpdate update);

  [[nodiscard]] std::optional<BoardEntry> Find(const manifest::ObjectKey& key) const;
  // The newest revision whose effect is known; 0 before the first.
  [[nodiscard]] registry::Revision revision() const;

  // Blocks until that revision's effect is known (0: any); false if it is not within `timeout`.
  bool AwaitRevision(registry::Revision revision, absl::Duration timeout) const;

 private:
  mutable absl::Mutex mutex_;
  registry::Revision revision_ ABSL_GUARDED_BY(mutex_) = -1;
  absl::flat_hash_map<manifest::ObjectKey, BoardEntry> entries_ ABSL_GUARDED_BY(mutex_);
  // Of objects that have had no verdict yet.
  std::map<manifest::ObjectKey, ConditionTimes> recalled_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::status
