// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "api/manifest/object.h"
#include "controlplane/registry/change.h"

namespace sluice::registry {

struct PutRequest {
  manifest::ObjectKey key;
  std::string json;  // Canonical manifest JSON; the registry keeps it and does not read it.
  manifest::Origin origin;
};

// Compare-and-swap: the object must be at exactly this revision; 0 says that it must not exist. The
// key need not be one that the transaction writes.
struct Precondition {
  manifest::ObjectKey key;
  Revision revision = 0;
};

// Writes that take effect together or not at all.
struct Transaction {
  std::vector<PutRequest> puts;
  std::vector<manifest::ObjectKey> deletes;
  std::vector<Precondition> preconditions;
  // Does everything but keep the result: what is returned is what an apply would have returned.
  bool dry_run = false;
  // For the history: who, and why in their words.
  std::string author;
  std::string message;
};

enum class Outcome {
  kCreated,
  kUpdated,
  kUnchanged,  // A put of the very JSON that is there. Its origin stays too.
  kDeleted,
  kAbsent,  // A delete of what is not there.
};

struct ApplyResult {
  // Of the registry afterwards. A transaction that changes nothing makes no revision.
  Revision revision = 0;
  // One per put, then one per delete, in the order given.
  std::vector<Outcome> outcomes;
};

// What a backend takes; each states its own (etcd: 128 operations and 1.5 MiB a transaction).
// Operations are puts and deletes together; there may be as many preconditions besides. Bytes are
// those of the puts' JSON.
struct Limits {
  size_t max_objects = 500'000;
  size_t max_object_bytes = size_t{1} << 20;
  size_t max_transaction_operations = 100'000;
  size_t max_transaction_bytes = size_t{64} << 20;
};

// The checks that need no state, the same for every backend: sizes, keys, a key written twice.
// Errors: kInvalidArgument, with the key and the limit in the message.
absl::Status CheckTransaction(const Transaction& transaction, const Limits& limits);

}  // namespace sluice::registry
