// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "controlplane/registry/delivery.h"
#include "controlplane/registry/registry.h"
#include "controlplane/registry/sqlite/change_log.h"
#include "controlplane/registry/sqlite/database.h"
#include "controlplane/registry/sqlite/folder_lock.h"
#include "controlplane/registry/sqlite/object_table.h"

namespace sluice::registry {

struct SqliteOptions {
  Limits limits;
  HistoryLimits history;
  const base::Clock* clock = &base::Clock::System();  // Stamps the history; outlives the registry.
};

// The embedded registry: one SQLite file, DIR/registry.db, for one control plane.
//
// Each apply is one SQLite transaction in WAL mode with synchronous=FULL: once Apply has returned,
// the change survives a power cut, and a kill in the middle leaves all of it or none.
//
// Thread:   as Registry; one lock over the connection, held for one transaction at a time.
// Errors:   as Registry. Open also: kFailedPrecondition for a folder in use by another control
//           plane, or a file that is not ours.
// Limits:   SqliteOptions; the objects themselves are on disk, not in memory.
class SqliteRegistry : public Registry {
 public:
  static absl::StatusOr<std::unique_ptr<SqliteRegistry>> Open(const std::string& folder,
                                                              SqliteOptions options);
  ~SqliteRegistry() override;

  const std::string& name() const override { return name_; }
  Capabilities capabilities() const override;
  absl::StatusOr<Listing> List() override;
  std::unique_ptr<Subscription> Watch(Revision from, WatchCallback callback) override;
  absl::StatusOr<ApplyResult> Apply(const Transaction& transaction) override;
  absl::Status WriteStatus(const std::vector<StatusWrite>& writes) override;
  absl::StatusOr<std::vector<StatusWrite>> ListStatus() override;
  absl::StatusOr<std::string> ReadStatus(const manifest::ObjectKey& key) override;
  absl::StatusOr<std::vector<RevisionInfo>> History(int limit) override;
  absl::StatusOr<Listing> ListAt(Revision revision) override;

 private:
  struct Writes;  // What an apply has done so far.

  SqliteRegistry(std::string name, FolderLock lock, Database database, SqliteOptions options);

  absl::Status Prepare();
  absl::StatusOr<ChangeBatch> ChangesSince(Revision from);
  absl::StatusOr<ChangeBatch> ResyncLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Listing> ListLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::StatusOr<ApplyResult> ApplyLocked(const Transaction& transaction)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckPreconditionsLocked(const Transaction& transaction)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status PutLocked(const PutRequest& put, Writes& writes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status DeleteLocked(const manifest::ObjectKey& key, Writes& writes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Refuses what makes the objects more than max_objects; what is there already may change and go.
  absl::Status CheckRoomLocked(const Writes& writes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status RecordLocked(const Transaction& transaction, const Writes& writes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string name_;
  const SqliteOptions options_;
  const FolderLock lock_;

  absl::Mutex mutex_;
  Database database_ ABSL_GUARDED_BY(mutex_);
  ObjectTable objects_ ABSL_GUARDED_BY(mutex_);
  ChangeLog log_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<Delivery> delivery_;  // Last: its thread reads all of the above.
};

}  // namespace sluice::registry
