// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "api/manifest/object.h"
#include "api/manifest/origin.h"

namespace sluice::registry {

// A point in a registry's history. It grows with every change, never repeats and is comparable
// only within one registry: a SQLite counter, etcd's revision, Kubernetes' resourceVersion. 0 is
// "before everything".
using Revision = int64_t;

// One object as a person wrote it.
struct Entry {
  manifest::ObjectKey key;
  std::string json;       // Canonical manifest JSON (manifest::ToJson), without status.
  Revision revision = 0;  // Of the last change to this object.
  manifest::Origin origin;
  // The same object, read: set by a backend that had to read it anyway (and then with the line of
  // each field), else null.
  std::shared_ptr<const manifest::Object> object;
};

struct Put {
  Entry entry;
};

struct Delete {
  manifest::ObjectKey key;
};

// All that is wrong with one source now: a file that does not parse, a server that does not answer.
// It replaces what was said of that source before; an empty list says that it is mended. Objects
// that the source gave earlier stay as they were.
struct SourceProblems {
  std::string source;
  std::vector<manifest::Problem> problems;
};

using Change = std::variant<Put, Delete, SourceProblems>;

// What happened between two revisions, in one piece.
//
// A transaction is never split over two batches; several may be folded into one by a backend or by
// a slow watcher, and then only the last state of each object is in it. No key and no source occurs
// twice in a batch.
struct ChangeBatch {
  // The state of the registry after the batch.
  Revision revision = 0;
  // `changes` holds the whole registry: whatever is not put, is gone; any source not named, is
  // mended. The first batch of a watch from 0 is one (but for trouble that is told before it), and
  // so is the answer to a revision that the backend no longer remembers (compacted history, an
  // expired resourceVersion).
  bool resync = false;
  std::vector<Change> changes;
};

}  // namespace sluice::registry
