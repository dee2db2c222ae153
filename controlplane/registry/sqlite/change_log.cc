// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/sqlite/change_log.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/status_macros.h"

namespace sluice::registry {
namespace {

constexpr char kRevision[] = "revision";
constexpr char kCompacted[] = "compacted";
constexpr char kHistoryBytes[] = "history_bytes";

// Row, index and key of a change without its JSON, roughly.
constexpr int64_t kChangeOverheadBytes = 128;

constexpr std::string_view kAddChange =
    "INSERT INTO change(revision, sequence, kind, ns, name, before_json, before_revision,"
    " before_file, before_line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kUndos =
    "SELECT kind, ns, name, before_json, before_revision, before_file, before_line FROM change"
    " WHERE revision > ? ORDER BY revision DESC, sequence DESC";

manifest::ObjectKey ReadKey(const Query& row) {
  return {std::string(row.Text(0)), std::string(row.Text(1)), std::string(row.Text(2))};
}

int64_t BytesOf(const std::vector<Undo>& undos) {
  int64_t bytes = 0;
  for (const Undo& undo : undos) {
    bytes += kChangeOverheadBytes;
    if (undo.before.has_value()) bytes += static_cast<int64_t>(undo.before->json.size());
  }
  return bytes;
}

absl::StatusOr<std::vector<manifest::ObjectKey>> ReadKeys(Query& query) {
  std::vector<manifest::ObjectKey> keys;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(bool row, query.Next());
    if (!row) return keys;
    keys.push_back(ReadKey(query));
  }
}

}  // namespace

absl::Status ChangeLog::Prepare(const Database& database) {
  const std::pair<Statement*, std::string_view> statements[] = {
      {&counter_, "SELECT value FROM counter WHERE name = ?"},
      {&set_counter_, "UPDATE counter SET value = ?2 WHERE name = ?1"},
      {&add_revision_,
       "INSERT INTO revision(revision, at_ms, author, message, bytes) VALUES (?, ?, ?, ?, ?)"},
      {&add_change_, kAddChange},
      {&keys_since_,
       "SELECT DISTINCT kind, ns, name FROM change WHERE revision > ? ORDER BY kind, ns, name"},
      {&keys_of_, "SELECT kind, ns, name FROM change WHERE revision = ? ORDER BY sequence"},
      {&undos_, kUndos},
      {&newest_,
       "SELECT revision, at_ms, author, message FROM revision ORDER BY revision DESC LIMIT ?"},
      {&revisions_, "SELECT revision, bytes FROM revision ORDER BY revision"},
      {&forget_revisions_, "DELETE FROM revision WHERE revision <= ?"},
      {&forget_changes_, "DELETE FROM change WHERE revision <= ?"},
  };
  for (const auto& [statement, sql] : statements) {
    SLUICE_RETURN_IF_ERROR(statement->Prepare(database, sql));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ChangeLog::Counter(const char* name) {
  Query query(counter_, name);
  SLUICE_ASSIGN_OR_RETURN(bool row, query.Next());
  if (!row) return absl::DataLossError("the registry's counters are missing");
  return query.Int(0);
}

absl::Status ChangeLog::SetCounter(const char* name, int64_t value) {
  return Query(set_counter_, name, value).Run();
}

absl::StatusOr<Revision> ChangeLog::revision() { return Counter(kRevision); }
absl::StatusOr<Revision> ChangeLog::compacted() { return Counter(kCompacted); }

absl::Status ChangeLog::Append(const RevisionInfo& info, const std::vector<Undo>& undos,
                               const HistoryLimits& limits) {
  int64_t sequence = 0;
  for (const Undo& undo : undos) {
    const manifest::ObjectKey& key = undo.key;
    absl::Status status;
    if (undo.before.has_value()) {
      const Entry& before = *undo.before;
      status = Query(add_change_, info.revision, sequence, key.kind, key.ns, key.name, before.json,
                     before.revision, before.origin.file, before.origin.line)
                   .Run();
    } else {
      status =
          Query(add_change_, info.revision, sequence, key.kind, key.ns, key.name, nullptr, 0, "", 0)
              .Run();
    }
    if (!status.ok()) return status;
    ++sequence;
  }
  const int64_t bytes = BytesOf(undos);
  SLUICE_RETURN_IF_ERROR(Query(add_revision_, info.revision, absl::ToUnixMillis(info.at),
                               info.author, info.message, bytes)
                             .Run());
  SLUICE_RETURN_IF_ERROR(SetCounter(kRevision, info.revision));
  return Forget(limits, bytes, info.revision);
}

absl::Status ChangeLog::Forget(const HistoryLimits& limits, int64_t bytes, Revision newest) {
  SLUICE_ASSIGN_OR_RETURN(int64_t total, Counter(kHistoryBytes));
  total += bytes;
  // Revisions are numbered without gaps, so counting them needs no query.
  const Revision too_old = newest - limits.max_revisions;
  Revision forgotten = 0;
  {
    Query query(revisions_);
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(bool row, query.Next());
      if (!row || query.Int(0) == newest) break;
      if (query.Int(0) > too_old && total <= limits.max_bytes) break;
      forgotten = query.Int(0);
      total -= query.Int(1);
    }
  }
  SLUICE_ASSIGN_OR_RETURN(Revision compacted_before, compacted());
  if (forgotten > compacted_before) {
    SLUICE_RETURN_IF_ERROR(ForgetUpTo(forgotten));
  }
  return SetCounter(kHistoryBytes, total);
}

absl::Status ChangeLog::ForgetUpTo(Revision revision) {
  SLUICE_RETURN_IF_ERROR(Query(forget_changes_, revision).Run());
  SLUICE_RETURN_IF_ERROR(Query(forget_revisions_, revision).Run());
  return SetCounter(kCompacted, revision);
}

absl::StatusOr<std::vector<manifest::ObjectKey>> ChangeLog::KeysSince(Revision from) {
  Query query(keys_since_, from);
  return ReadKeys(query);
}

absl::StatusOr<std::vector<manifest::ObjectKey>> ChangeLog::KeysOf(Revision revision) {
  Query query(keys_of_, revision);
  return ReadKeys(query);
}

absl::StatusOr<std::vector<Undo>> ChangeLog::UndosTo(Revision to) {
  std::vector<Undo> undos;
  Query query(undos_, to);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(bool row, query.Next());
    if (!row) return undos;
    Undo undo{.key = ReadKey(query), .before = std::nullopt};
    if (!query.IsNull(3)) {
      Entry& before = undo.before.emplace();
      before.key = undo.key;
      before.json = std::string(query.Text(3));
      before.revision = query.Int(4);
      before.origin = {std::string(query.Text(5)), static_cast<int>(query.Int(6))};
    }
    undos.push_back(std::move(undo));
  }
}

absl::StatusOr<std::vector<RevisionInfo>> ChangeLog::Newest(int limit) {
  std::vector<RevisionInfo> revisions;
  {
    Query query(newest_, limit);
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(bool row, query.Next());
      if (!row) break;
      revisions.push_back({.revision = query.Int(0),
                           .at = absl::FromUnixMillis(query.Int(1)),
                           .author = std::string(query.Text(2)),
                           .message = std::string(query.Text(3)),
                           .keys = {}});
    }
  }
  for (RevisionInfo& info : revisions) {
    SLUICE_ASSIGN_OR_RETURN(std::vector<manifest::ObjectKey> keys, KeysOf(info.revision));
    info.keys = std::move(keys);
  }
  return revisions;
}

}  // namespace sluice::registry
