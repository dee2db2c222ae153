// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/registry/registry.h"
#include "controlplane/registry/sqlite/database.h"

namespace sluice::registry {

// What the log keeps; the oldest revisions go first. The newest is always kept.
struct HistoryLimits {
  int64_t max_revisions = 1000;
  int64_t max_bytes = int64_t{256} << 20;
};

// What an object was before a revision changed it; nullopt: it was not there.
struct Undo {
  manifest::ObjectKey key;
  std::optional<Entry> before;
};

// The revisions of the registry: the counter, and what each of the last ones changed.
//
// Invariant: for every r with compacted() <= r <= revision(), all changes after r are in the log.
//
// Thread, Errors: as its database.
class ChangeLog {
 public:
  // `database` must outlive the log.
  absl::Status Prepare(const Database& database);

  absl::StatusOr<Revision> revision();
  absl::StatusOr<Revision> compacted();

  // Appends a revision, in the order that things were done, and forgets old ones.
  absl::Status Append(const RevisionInfo& info, const std::vector<Undo>& undos,
                      const HistoryLimits& limits);

  // The objects that changed after `from`, each once, in key order.
  absl::StatusOr<std::vector<manifest::ObjectKey>> KeysSince(Revision from);
  // How to get back to `to`: to be applied in this order.
  absl::StatusOr<std::vector<Undo>> UndosTo(Revision to);
  // Newest first.
  absl::StatusOr<std::vector<RevisionInfo>> Newest(int limit);

 private:
  absl::StatusOr<int64_t> Counter(const char* name);
  absl::Status SetCounter(const char* name, int64_t value);
  absl::Status Forget(const HistoryLimits& limits, int64_t bytes, Revision newest);
  absl::Status ForgetUpTo(Revision revision);
  absl::StatusOr<std::vector<manifest::ObjectKey>> KeysOf(Revision revision);

  Statement counter_, set_counter_, add_revision_, add_change_;
  Statement keys_since_, keys_of_, undos_, newest_, revisions_;
  Statement forget_revisions_, forget_changes_;
};

}  // namespace sluice::registry
