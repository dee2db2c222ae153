// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/registry/change.h"
#include "controlplane/registry/registry.h"

namespace sluice::registry {

// A watcher for tests: keeps each batch, and what the registry must hold if all of them are true.
//
// Thread:   any.
// Lifetime: outlives the subscription it is given to.
class BatchLog {
 public:
  struct Mirror {
    Revision revision = 0;
    std::map<manifest::ObjectKey, Entry> entries;
    std::map<std::string, std::vector<manifest::Problem>> problems;
    std::vector<ChangeBatch> batches;
  };

  WatchCallback Callback() {
    return [this](const ChangeBatch& batch) { Take(batch); };
  }

  // Blocks until the mirror is as `wanted` says; a test that hangs here has found its bug.
  Mirror Await(absl::FunctionRef<bool(const Mirror&)> wanted) {
    absl::MutexLock lock(&mutex_);
    auto is_so = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return wanted(mirror_); };
    mutex_.Await(absl::Condition(&is_so));
    return mirror_;
  }
  Mirror AwaitRevision(Revision revision) {
    return Await([&](const Mirror& mirror) { return mirror.revision >= revision; });
  }
  Mirror AwaitBatches(size_t count) {
    return Await([&](const Mirror& mirror) { return mirror.batches.size() >= count; });
  }

 private:
  void Take(const ChangeBatch& batch) {
    absl::MutexLock lock(&mutex_);
    if (batch.resync) {
      mirror_.entries.clear();
      mirror_.problems.clear();
    }
    for (const Change& change : batch.changes) TakeChange(change);
    mirror_.revision = batch.revision;
    mirror_.batches.push_back(batch);
  }

  void TakeChange(const Change& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (const auto* put = std::get_if<Put>(&change)) {
      mirror_.entries[put->entry.key] = put->entry;
    } else if (const auto* gone = std::get_if<Delete>(&change)) {
      mirror_.entries.erase(gone->key);
    } else if (const auto* source = std::get_if<SourceProblems>(&change)) {
      mirror_.problems.erase(source->source);
      if (!source->problems.empty()) mirror_.problems[source->source] = source->problems;
    }
  }

  absl::Mutex mutex_;
  Mirror mirror_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::registry
