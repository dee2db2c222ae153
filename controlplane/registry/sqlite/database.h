// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::registry {

// One connection to one SQLite file, with SQLite's codes turned into statuses that name the file.
//
// Thread:   one at a time; the owner locks.
// Lifetime: outlives its statements.
// Errors:   kResourceExhausted: disk, quota or file size is full. kPermissionDenied: may not be
//           written, or not be opened. kDataLoss: damaged, or no database. kUnavailable: locked.
class Database {
 public:
  // Makes the file (mode 0600: it holds keys) if it is not there.
  static absl::StatusOr<Database> Open(const std::string& path);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  // One or more statements without results.
  absl::Status Execute(const std::string& sql);

  // The status of the call that just failed with `code`, while doing `what`.
  absl::Status Error(int code, std::string_view what) const;

  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_; }

 private:
  Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  std::string path_;
  sqlite3* handle_;
};

// A prepared statement, kept for its database's life and run through Query.
class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Once, before the first Query.
  absl::Status Prepare(const Database& database, std::string_view sql);

 private:
  friend class Query;

  const Database* database_ = nullptr;
  sqlite3_stmt* handle_ = nullptr;
};

// One run of a statement: binds, steps, reads, and resets when it dies. Views returned by Text live
// until the next step.
class Query {
 public:
  template <typename... Values>
  explicit Query(Statement& statement, const Values&... values) : statement_(statement) {
    int index = 0;
    (Bind(++index, values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // True: there is a row to read.
  absl::StatusOr<bool> Next();
  // For a statement that has no rows, or always one.
  absl::Status Run();

  int64_t Int(int column) const;
  std::string_view Text(int column) const;
  bool IsNull(int column) const;

 private:
  void Bind(int index, int64_t value);
  void Bind(int index, int value) { Bind(index, int64_t{value}); }
  void Bind(int index, std::string_view value);
  void Bind(int index, const std::string& value) { Bind(index, std::string_view(value)); }
  void Bind(int index, const char* value) { Bind(index, std::string_view(value)); }
  void Bind(int index, std::nullptr_t);

  Statement& statement_;
  int bind_error_ = 0;
};

// BEGIN IMMEDIATE now; ROLLBACK when it dies uncommitted.
class WriteScope {
 public:
  static absl::StatusOr<WriteScope> Begin(Database& database);
  ~WriteScope();
  WriteScope(WriteScope&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  WriteScope& operator=(WriteScope&&) = delete;

  absl::Status Commit();

 private:
  explicit WriteScope(Database& database) : database_(&database) {}
  Database* database_;  // Null once it is over.
};

}  // namespace sluice::registry
