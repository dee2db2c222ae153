// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/sqlite/sqlite_registry.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "controlplane/registry/sqlite/schema.h"

namespace sluice::registry {

struct SqliteRegistry::Writes {
  Revision revision = 0;  // That the writes make, if there are any.
  std::vector<Outcome> outcomes;
  std::vector<Undo> undos;
};

absl::StatusOr<std::unique_ptr<SqliteRegistry>> SqliteRegistry::Open(const std::string& folder,
                                                                     SqliteOptions options) {
  SLUICE_ASSIGN_OR_RETURN(FolderLock lock, FolderLock::Acquire(folder));
  const std::string path = absl::StrCat(folder, "/registry.db");
  SLUICE_ASSIGN_OR_RETURN(Database database, Database::Open(path));
  auto registry = absl::WrapUnique(new SqliteRegistry(
      absl::StrCat("sqlite:", path), std::move(lock), std::move(database), std::move(options)));
  SLUICE_RETURN_IF_ERROR(registry->Prepare());
  return registry;
}

SqliteRegistry::SqliteRegistry(std::string name, FolderLock lock, Database database,
                               SqliteOptions options)
    : name_(std::move(name)),
      options_(std::move(options)),
      lock_(std::move(lock)),
      database_(std::move(database)) {}

SqliteRegistry::~SqliteRegistry() = default;

absl::Status SqliteRegistry::Prepare() {
  {
    absl::MutexLock lock(&mutex_);
    SLUICE_RETURN_IF_ERROR(PrepareSchema(database_));
    SLUICE_RETURN_IF_ERROR(objects_.Prepare(database_));
    SLUICE_RETURN_IF_ERROR(log_.Prepare(database_));
  }
  delivery_ =
      std::make_unique<Delivery>(name_, [this](Revision from) { return ChangesSince(from); });
  return absl::OkStatus();
}

Capabilities SqliteRegistry::capabilities() const {
  return {.read_only = false, .history = true, .limits = options_.limits};
}

absl::StatusOr<Listing> SqliteRegistry::List() {
  absl::MutexLock lock(&mutex_);
  return ListLocked();
}

absl::StatusOr<Listing> SqliteRegistry::ListLocked() {
  SLUICE_ASSIGN_OR_RETURN(Revision revision, log_.revision());
  SLUICE_ASSIGN_OR_RETURN(std::vector<Entry> entries, objects_.All());
  return Listing{revision, std::move(entries)};
}

std::unique_ptr<Subscription> SqliteRegistry::Watch(Revision from, WatchCallback callback) {
  return delivery_->Add(from, std::move(callback));
}

absl::StatusOr<ChangeBatch> SqliteRegistry::ResyncLocked() {
  SLUICE_ASSIGN_OR_RETURN(Listing listing, ListLocked());
  ChangeBatch batch{.revision = listing.revision, .resync = true, .changes = {}};
  batch.changes.reserve(listing.entries.size());
  for (Entry& entry : listing.entries) batch.changes.push_back(Put{std::move(entry)});
  return batch;
}

absl::StatusOr<ChangeBatch> SqliteRegistry::ChangesSince(Revision from) {
  absl::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(Revision revision, log_.revision());
  SLUICE_ASSIGN_OR_RETURN(Revision compacted, log_.compacted());
  // A revision of the future was given out by a database that has been replaced by an older one.
  if (from == 0 || from < compacted || from > revision) return ResyncLocked();

  ChangeBatch batch{.revision = revision, .resync = false, .changes = {}};
  SLUICE_ASSIGN_OR_RETURN(std::vector<manifest::ObjectKey> keys, log_.KeysSince(from));
  for (manifest::ObjectKey& key : keys) {
    SLUICE_ASSIGN_OR_RETURN(std::optional<Entry> entry, objects_.Find(key));
    if (entry.has_value()) {
      batch.changes.push_back(Put{*std::move(entry)});
    } else {
      batch.changes.push_back(Delete{std::move(key)});
    }
  }
  return batch;
}

absl::StatusOr<ApplyResult> SqliteRegistry::Apply(const Transaction& transaction) {
  SLUICE_RETURN_IF_ERROR(CheckTransaction(transaction, options_.limits));
  absl::StatusOr<ApplyResult> result;
  {
    absl::MutexLock lock(&mutex_);
    result = ApplyLocked(transaction);
  }
  if (result.ok() && !transaction.dry_run) delivery_->Wake();
  return result;
}

absl::StatusOr<ApplyResult> SqliteRegistry::ApplyLocked(const Transaction& transaction) {
  SLUICE_ASSIGN_OR_RETURN(WriteScope scope, WriteScope::Begin(database_));
  SLUICE_ASSIGN_OR_RETURN(Revision revision, log_.revision());
  SLUICE_RETURN_IF_ERROR(CheckPreconditionsLocked(transaction));
  Writes writes{.revision = revision + 1, .outcomes = {}, .undos = {}};
  for (const PutRequest& put : transaction.puts) {
    SLUICE_RETURN_IF_ERROR(PutLocked(put, writes));
  }
  for (const manifest::ObjectKey& key : transaction.deletes) {
    SLUICE_RETURN_IF_ERROR(DeleteLocked(key, writes));
  }
  if (writes.undos.empty()) return ApplyResult{revision, std::move(writes.outcomes)};
  SLUICE_RETURN_IF_ERROR(RecordLocked(transaction, writes));
  if (!transaction.dry_run) {
    SLUICE_RETURN_IF_ERROR(scope.Commit());
  }
  return ApplyResult{writes.revision, std::move(writes.outcomes)};
}

absl::Status SqliteRegistry::CheckPreconditionsLocked(const Transaction& transaction) {
  for (const Precondition& precondition : transaction.preconditions) {
    SLUICE_ASSIGN_OR_RETURN(std::optional<Entry> entry, objects_.Find(precondition.key));
    const Revision actual = entry.has_value() ? entry->revision : 0;
    if (actual == precondition.revision) continue;
    const std::string key = precondition.key.ToString();
    if (actual == 0) {
      return absl::AbortedError(
          absl::StrCat(key, ": is gone; it was expected at revision ", precondition.revision));
    }
    if (precondition.revision == 0) {
      return absl::AbortedError(absl::StrCat(key, ": exists already, at revision ", actual));
    }
    return absl::AbortedError(absl::StrCat(key, ": has changed: it is at revision ", actual,
                                           ", and was expected at ", precondition.revision));
  }
  return absl::OkStatus();
}

absl::Status SqliteRegistry::PutLocked(const PutRequest& put, Writes& writes) {
  SLUICE_ASSIGN_OR_RETURN(std::optional<Entry> before, objects_.Find(put.key));
  if (before.has_value() && before->json == put.json) {
    writes.outcomes.push_back(Outcome::kUnchanged);
    return absl::OkStatus();
  }
  writes.outcomes.push_back(before.has_value() ? Outcome::kUpdated : Outcome::kCreated);
  writes.undos.push_back({put.key, std::move(before)});
  return objects_.Put({put.key, put.json, writes.revision, put.origin, nullptr});
}

absl::Status SqliteRegistry::DeleteLocked(const manifest::ObjectKey& key, Writes& writes) {
  SLUICE_ASSIGN_OR_RETURN(std::optional<Entry> before, objects_.Find(key));
  if (!before.has_value()) {
    writes.outcomes.push_back(Outcome::kAbsent);
    return absl::OkStatus();
  }
  writes.outcomes.push_back(Outcome::kDeleted);
  writes.undos.push_back({key, std::move(before)});
  return objects_.Delete(key);
}

absl::Status SqliteRegistry::CheckRoomLocked(const Writes& writes) {
  const auto created =
      std::count(writes.outcomes.begin(), writes.outcomes.end(), Outcome::kCreated);
  const auto deleted =
      std::count(writes.outcomes.begin(), writes.outcomes.end(), Outcome::kDeleted);
  // To count costs a walk over all objects; and where a limit has been lowered, what makes them
  // fewer must be possible.
  if (created <= deleted) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(size_t count, objects_.Count());
  if (count <= options_.limits.max_objects) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the registry would hold ", count, " objects; it takes ", options_.limits.max_objects));
}

absl::Status SqliteRegistry::RecordLocked(const Transaction& transaction, const Writes& writes) {
  SLUICE_RETURN_IF_ERROR(CheckRoomLocked(writes));
  return log_.Append({.revision = writes.revision,
                      .at = absl::FromUnixNanos(options_.clock->WallNs()),
                      .author = transaction.author,
                      .message = transaction.message,
                      .keys = {}},
                     writes.undos, options_.history);
}

absl::Status SqliteRegistry::WriteStatus(const std::vector<StatusWrite>& writes) {
  for (const StatusWrite& write : writes) {
    if (write.json.size() > options_.limits.max_object_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(write.key.ToString(), ": the status is ",
                                                     write.json.size(), " bytes; at most ",
                                                     options_.limits.max_object_bytes));
    }
  }
  absl::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(WriteScope scope, WriteScope::Begin(database_));
  for (const StatusWrite& write : writes) {
    SLUICE_ASSIGN_OR_RETURN(std::optional<Entry> entry, objects_.Find(write.key));
    if (!entry.has_value()) continue;
    SLUICE_RETURN_IF_ERROR(objects_.PutStatus(write.key, write.json));
  }
  return scope.Commit();
}

absl::StatusOr<std::vector<StatusWrite>> SqliteRegistry::ListStatus() {
  absl::MutexLock lock(&mutex_);
  std::vector<StatusWrite> statuses;
  SLUICE_RETURN_IF_ERROR(
      objects_.ForEachStatus([&](manifest::ObjectKey key, std::string_view json) {
        statuses.push_back({std::move(key), std::string(json)});
      }));
  return statuses;
}

absl::StatusOr<std::string> SqliteRegistry::ReadStatus(const manifest::ObjectKey& key) {
  absl::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(std::optional<Entry> entry, objects_.Find(key));
  if (!entry.has_value()) return absl::NotFoundError(absl::StrCat(key.ToString(), ": not found"));
  return objects_.FindStatus(key);
}

absl::StatusOr<std::vector<RevisionInfo>> SqliteRegistry::History(int limit) {
  absl::MutexLock lock(&mutex_);
  return log_.Newest(limit);
}

absl::StatusOr<Listing> SqliteRegistry::ListAt(Revision revision) {
  absl::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(Listing listing, ListLocked());
  SLUICE_ASSIGN_OR_RETURN(Revision compacted, log_.compacted());
  if (revision < compacted || revision > listing.revision) {
    return absl::OutOfRangeError(absl::StrCat("revision ", revision, " is not known: the history ",
                                              "goes from ", compacted, " to ", listing.revision));
  }
  SLUICE_ASSIGN_OR_RETURN(std::vector<Undo> undos, log_.UndosTo(revision));

  std::map<manifest::ObjectKey, Entry> entries;
  for (Entry& entry : listing.entries) entries.emplace(entry.key, std::move(entry));
  for (Undo& undo : undos) {
    entries.erase(undo.key);
    if (undo.before.has_value()) entries.emplace(undo.key, *std::move(undo.before));
  }
  Listing past{.revision = revision, .entries = {}};
  past.entries.reserve(entries.size());
  for (auto& [key, entry] : entries) past.entries.push_back(std::move(entry));
  return past;
}

}  // namespace sluice::registry
