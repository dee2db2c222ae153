// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/sqlite/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice::registry {
namespace {

// SQLite would make the file with mode 0644; its -wal and -shm take over the mode of the file.
absl::Status MakePrivateFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path, " for writing"));
  }
  close(fd);
  return absl::OkStatus();
}

// Why a write did not fit, or empty. SQLite knows ENOSPC as FULL; a quota or a limit on the size of
// a file is IOERR_WRITE to it, and so is a failing disk: it does not keep errno that far.
std::string_view WhyNoRoom(int code) {
  if ((code & 0xff) == SQLITE_FULL) return "no room left on the disk; nothing was changed: ";
  if (code == SQLITE_IOERR_WRITE) {
    return "the system refused to write (no room left by quota or file size limit, or a failing "
           "disk); nothing was changed: ";
  }
  return {};
}

absl::StatusCode CodeFor(int code) {
  if (!WhyNoRoom(code).empty()) return absl::StatusCode::kResourceExhausted;
  switch (code & 0xff) {
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::StatusOr<Database> Database::Open(const std::string& path) {
  SLUICE_RETURN_IF_ERROR(MakePrivateFile(path));
  sqlite3* handle = nullptr;
  // No mutex of SQLite's own: the owner locks.
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(path, handle);
  if (code != SQLITE_OK) return database.Error(code, "opening");
  sqlite3_extended_result_codes(handle, 1);
  return database;
}

Database::~Database() {
  if (handle_ != nullptr) sqlite3_close(handle_);
}

Database::Database(Database&& other) noexcept
    : path_(std::move(other.path_)), handle_(std::exchange(other.handle_, nullptr)) {}

absl::Status Database::Execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code, "executing");
}

absl::Status Database::Error(int code, std::string_view what) const {
  const char* text = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  const int system_errno = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
  std::string message = absl::StrCat(path_, ": ", what, ": ", WhyNoRoom(code), text);
  if (system_errno != 0) absl::StrAppend(&message, " (", strerror(system_errno), ")");
  return absl::Status(CodeFor(code), message);
}

absl::Status Statement::Prepare(const Database& database, std::string_view sql) {
  database_ = &database;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  return code == SQLITE_OK ? absl::OkStatus()
                           : database.Error(code, absl::StrCat("preparing \"", sql, "\""));
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Query::~Query() {
  sqlite3_reset(statement_.handle_);
  sqlite3_clear_bindings(statement_.handle_);
}

absl::StatusOr<bool> Query::Next() {
  if (bind_error_ != SQLITE_OK) return statement_.database_->Error(bind_error_, "binding");
  const int code = sqlite3_step(statement_.handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return statement_.database_->Error(
      code, sqlite3_stmt_readonly(statement_.handle_) != 0 ? "reading" : "writing");
}

absl::Status Query::Run() { return Next().status(); }

int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_.handle_, column); }

std::string_view Query::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.handle_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<size_t>(sqlite3_column_bytes(statement_.handle_, column))};
}

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_.handle_, column) == SQLITE_NULL;
}

void Query::Bind(int index, int64_t value) {
  const int code = sqlite3_bind_int64(statement_.handle_, index, value);
  if (code != SQLITE_OK) bind_error_ = code;
}

void Query::Bind(int index, std::string_view value) {
  // A null pointer would bind NULL, and an empty view may hold one.
  const char* data = value.data() == nullptr ? "" : value.data();
  const int code = sqlite3_bind_text64(statement_.handle_, index, data, value.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_error_ = code;
}

void Query::Bind(int index, std::nullptr_t) {
  const int code = sqlite3_bind_null(statement_.handle_, index);
  if (code != SQLITE_OK) bind_error_ = code;
}

absl::StatusOr<WriteScope> WriteScope::Begin(Database& database) {
  SLUICE_RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
  return WriteScope(database);
}

WriteScope::~WriteScope() {
  // Some errors (a full disk) have rolled back already; then this one fails and changes nothing.
  if (database_ != nullptr) database_->Execute("ROLLBACK").IgnoreError();
}

absl::Status WriteScope::Commit() {
  absl::Status status = database_->Execute("COMMIT");
  if (status.ok()) database_ = nullptr;
  return status;
}

}  // namespace sluice::registry
