// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "api/manifest/object.h"
#include "controlplane/registry/change.h"
#include "controlplane/registry/transaction.h"

namespace sluice::registry {

// Everything in a registry at one revision.
struct Listing {
  Revision revision = 0;
  std::vector<Entry> entries;  // In key order.
};

struct Capabilities {
  bool read_only = false;  // Apply is refused: the objects have another author (files, kubectl).
  bool history = false;    // History and ListAt answer.
  Limits limits;
};

struct StatusWrite {
  manifest::ObjectKey key;
  std::string json;  // The object's `status`, canonical JSON.
};

// One line of the history.
struct RevisionInfo {
  Revision revision = 0;
  absl::Time at;
  std::string author;
  std::string message;
  std::vector<manifest::ObjectKey> keys;  // What it wrote or deleted.
};

using WatchCallback = std::function<void(const ChangeBatch&)>;

// Ends its watch when it dies. The destructor waits for a callback that is running, so that none
// runs after it, unless it is the callback itself that destroys it. It must not outlive its
// registry.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// A Registry is where resources are kept: it gives out what is there, tells what changes, and takes
// writes. Backends: SQLite, a folder of files; made so that etcd and the Kubernetes API fit.
//
// It does not read the objects beyond their key, and judges nothing: whether an object is valid is
// the affair of api/manifest (alone) and controlplane/resolve (among others).
//
// Thread:   every method may be called from any thread, and may block on disk or network. Callbacks
//           of one registry run one at a time, on one thread of the registry's own, never while a
//           lock of the registry is held; a callback may call any method.
// Lifetime: outlives its subscriptions. The destructor joins its thread.
// Errors:   kAborted: a precondition did not hold. kInvalidArgument: a limit of one object or
//           transaction, see transaction.h. kResourceExhausted: too many objects, or the disk is
//           full. kFailedPrecondition: read-only backend. kPermissionDenied: the files may not be
//           written. kUnavailable: busy or unreachable, try again. kDataLoss: damaged. A failed
//           write has changed nothing.
// Limits:   as capabilities().limits.
class Registry {
 public:
  virtual ~Registry() = default;

  // How it is named in messages and logs: "sqlite:/var/lib/sluice/registry.db".
  virtual const std::string& name() const = 0;
  virtual Capabilities capabilities() const = 0;

  virtual absl::StatusOr<Listing> List() = 0;

  // Calls `callback` with everything after `from`, then with every change that follows, in order.
  // From 0, the first batch with objects is a resync and comes at once, even when there is nothing.
  // Where the backend no longer knows what happened since `from`, it sends a resync instead.
  //
  // A backend that cannot reach its store says so as SourceProblems whose source is name(), keeps
  // trying, and mends it; it neither ends the watch nor skips a change. That may be the first thing
  // a watch hears, and does not say that the registry is empty.
  virtual std::unique_ptr<Subscription> Watch(Revision from, WatchCallback callback) = 0;

  // All of it or nothing. On return it is durable and readable; watchers hear of it soon after.
  virtual absl::StatusOr<ApplyResult> Apply(const Transaction& transaction) = 0;

  // Status lives beside the objects: to write it makes no revision, is no change that a watch
  // tells, and outlives a new version of the object but not its deletion. An object that is not
  // there (any more) is passed over.
  virtual absl::Status WriteStatus(const std::vector<StatusWrite>& writes) = 0;
  // All that was written, of objects that are there; in no order.
  virtual absl::StatusOr<std::vector<StatusWrite>> ListStatus() = 0;
  // Empty if none was written. kNotFound: no such object.
  virtual absl::StatusOr<std::string> ReadStatus(const manifest::ObjectKey& key) = 0;

  // The newest `limit` (positive) revisions still remembered, newest first. kUnimplemented without
  // history.
  virtual absl::StatusOr<std::vector<RevisionInfo>> History(int limit) = 0;
  // The registry as it was. kOutOfRange: not yet, or no longer known. kUnimplemented without
  // history.
  virtual absl::StatusOr<Listing> ListAt(Revision revision) = 0;
};

}  // namespace sluice::registry
