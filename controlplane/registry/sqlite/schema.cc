// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/sqlite/schema.h"

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice::registry {
namespace {

constexpr int64_t kApplicationId = 0x534c4345;  // "SLCE"; file(1) and we can tell our files.
constexpr int64_t kSchemaVersion = 1;

// `object` is what is; `status` is apart so that a status write does not rewrite the object;
// `change` holds what an object was *before* each revision: what it is after is in `object` or in
// the next change, so nothing is stored twice.
constexpr char kCreateTables[] = R"sql(
  CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counter VALUES ('revision', 0), ('compacted', 0), ('history_bytes', 0);

  CREATE TABLE object(
    kind TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL,
    json TEXT NOT NULL, revision INTEGER NOT NULL,
    origin_file TEXT NOT NULL, origin_line INTEGER NOT NULL,
    PRIMARY KEY (kind, ns, name)) STRICT;

  CREATE TABLE status(
    kind TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (kind, ns, name)) STRICT;

  CREATE TABLE revision(
    revision INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,
    author TEXT NOT NULL, message TEXT NOT NULL, bytes INTEGER NOT NULL) STRICT;

  CREATE TABLE change(
    revision INTEGER NOT NULL, sequence INTEGER NOT NULL,
    kind TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL,
    before_json TEXT, before_revision INTEGER NOT NULL,
    before_file TEXT NOT NULL, before_line INTEGER NOT NULL,
    PRIMARY KEY (revision, sequence)) STRICT;
)sql";

absl::StatusOr<int64_t> ReadPragma(Database& database, std::string_view name) {
  Statement statement;
  SLUICE_RETURN_IF_ERROR(statement.Prepare(database, absl::StrCat("PRAGMA ", name)));
  Query query(statement);
  SLUICE_RETURN_IF_ERROR(query.Run());
  return query.Int(0);
}

absl::StatusOr<bool> IsEmpty(Database& database) {
  Statement statement;
  SLUICE_RETURN_IF_ERROR(statement.Prepare(database, "SELECT count(*) FROM sqlite_schema"));
  Query query(statement);
  SLUICE_RETURN_IF_ERROR(query.Run());
  return query.Int(0) == 0;
}

absl::Status CreateTables(Database& database) {
  SLUICE_ASSIGN_OR_RETURN(WriteScope scope, WriteScope::Begin(database));
  SLUICE_RETURN_IF_ERROR(
      database.Execute(absl::StrCat(kCreateTables, "PRAGMA application_id=", kApplicationId,
                                    "; PRAGMA user_version=", kSchemaVersion, ";")));
  return scope.Commit();
}

absl::Status CheckVersion(Database& database) {
  SLUICE_ASSIGN_OR_RETURN(int64_t application, ReadPragma(database, "application_id"));
  if (application != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat(database.path(), " is an SQLite database, but not a Sluice registry"));
  }
  SLUICE_ASSIGN_OR_RETURN(int64_t version, ReadPragma(database, "user_version"));
  if (version != kSchemaVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(database.path(), " has schema version ", version, ", this program knows ",
                     kSchemaVersion, ": it was written by another release of Sluice"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareSchema(Database& database) {
  // For a person's sqlite3 shell beside us, from the first look on.
  SLUICE_RETURN_IF_ERROR(database.Execute("PRAGMA busy_timeout=5000"));
  // Look before anything is changed: another program's file stays as it is.
  SLUICE_ASSIGN_OR_RETURN(bool is_empty, IsEmpty(database));
  if (!is_empty) {
    SLUICE_RETURN_IF_ERROR(CheckVersion(database));
  }
  // FULL: with WAL, NORMAL may lose the last commits on a power cut, and an apply that was
  // acknowledged must not be lost.
  SLUICE_RETURN_IF_ERROR(
      database.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                       "PRAGMA journal_size_limit=67108864;"));
  return is_empty ? CreateTables(database) : absl::OkStatus();
}

}  // namespace sluice::registry
