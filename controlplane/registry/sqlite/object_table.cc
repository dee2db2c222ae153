// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/sqlite/object_table.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/status_macros.h"

namespace sluice::registry {
namespace {

constexpr std::string_view kFind =
    "SELECT json, revision, origin_file, origin_line FROM object"
    " WHERE kind = ? AND ns = ? AND name = ?";
constexpr std::string_view kAll =
    "SELECT json, revision, origin_file, origin_line, kind, ns, name FROM object"
    " ORDER BY kind, ns, name";
constexpr std::string_view kPut =
    "INSERT INTO object(kind, ns, name, json, revision, origin_file, origin_line)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET json = excluded.json, revision = excluded.revision,"
    " origin_file = excluded.origin_file, origin_line = excluded.origin_line";
constexpr std::string_view kPutStatus =
    "INSERT INTO status(kind, ns, name, json) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET json = excluded.json";

Entry ReadEntry(const Query& row, manifest::ObjectKey key) {
  Entry entry;
  entry.key = std::move(key);
  entry.json = std::string(row.Text(0));
  entry.revision = row.Int(1);
  entry.origin = {std::string(row.Text(2)), static_cast<int>(row.Int(3))};
  return entry;
}

}  // namespace

absl::Status ObjectTable::Prepare(const Database& database) {
  const std::pair<Statement*, std::string_view> statements[] = {
      {&find_, kFind},
      {&all_, kAll},
      {&count_, "SELECT count(*) FROM object"},
      {&put_, kPut},
      {&delete_, "DELETE FROM object WHERE kind = ? AND ns = ? AND name = ?"},
      {&put_status_, kPutStatus},
      {&find_status_, "SELECT json FROM status WHERE kind = ? AND ns = ? AND name = ?"},
      {&all_status_, "SELECT kind, ns, name, json FROM status"},
      {&delete_status_, "DELETE FROM status WHERE kind = ? AND ns = ? AND name = ?"},
  };
  for (const auto& [statement, sql] : statements) {
    SLUICE_RETURN_IF_ERROR(statement->Prepare(database, sql));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Entry>> ObjectTable::Find(const manifest::ObjectKey& key) {
  Query query(find_, key.kind, key.ns, key.name);
  SLUICE_ASSIGN_OR_RETURN(bool row, query.Next());
  if (!row) return std::optional<Entry>();
  return ReadEntry(query, key);
}

absl::StatusOr<std::vector<Entry>> ObjectTable::All() {
  std::vector<Entry> entries;
  Query query(all_);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(bool row, query.Next());
    if (!row) return entries;
    entries.push_back(ReadEntry(query, {std::string(query.Text(4)), std::string(query.Text(5)),
                                        std::string(query.Text(6))}));
  }
}

absl::StatusOr<size_t> ObjectTable::Count() {
  Query query(count_);
  SLUICE_RETURN_IF_ERROR(query.Run());
  return static_cast<size_t>(query.Int(0));
}

absl::Status ObjectTable::Put(const Entry& entry) {
  return Query(put_, entry.key.kind, entry.key.ns, entry.key.name, entry.json, entry.revision,
               entry.origin.file, entry.origin.line)
      .Run();
}

absl::Status ObjectTable::Delete(const manifest::ObjectKey& key) {
  SLUICE_RETURN_IF_ERROR(Query(delete_status_, key.kind, key.ns, key.name).Run());
  return Query(delete_, key.kind, key.ns, key.name).Run();
}

absl::Status ObjectTable::PutStatus(const manifest::ObjectKey& key, const std::string& json) {
  return Query(put_status_, key.kind, key.ns, key.name, json).Run();
}

absl::StatusOr<std::string> ObjectTable::FindStatus(const manifest::ObjectKey& key) {
  Query query(find_status_, key.kind, key.ns, key.name);
  SLUICE_ASSIGN_OR_RETURN(bool row, query.Next());
  return row ? std::string(query.Text(0)) : std::string();
}

absl::Status ObjectTable::ForEachStatus(
    const std::function<void(manifest::ObjectKey key, std::string_view json)>& visit) {
  Query query(all_status_);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(bool row, query.Next());
    if (!row) return absl::OkStatus();
    visit({std::string(query.Text(0)), std::string(query.Text(1)), std::string(query.Text(2))},
          query.Text(3));
  }
}

}  // namespace sluice::registry
