// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/fleet.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sluice::xdsserver {
namespace {

// Null if nothing is refused. A NACK may come without a text.
const Refusal* FindRefusal(const std::map<std::string, TypeStatus, std::less<>>& types) {
  for (const auto& [type_url, type] : types) {
    if (type.refusal.has_value()) return &*type.refusal;
  }
  return nullptr;
}

Rollcall Finish(Rollcall call, const std::map<uint64_t, Rollcall::Answer>& answers) {
  for (const auto& [stream_id, answer] : answers) call.answers.push_back(answer);
  return call;
}

}  // namespace

std::vector<ProxyStatus> Fleet::View(std::string_view group) const {
  std::vector<ProxyStatus> view;
  const absl::Time now = clock_();
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [stream_id, row] : rows_) {
      if (!group.empty() && row.status.group != group) continue;
      ProxyStatus& status = view.emplace_back(row.status);
      status.lag = absl::ZeroDuration();
      for (const auto& [type_url, type] : row.types) {
        status.types.push_back(type);
        if (type.unacked_since) status.lag = std::max(status.lag, now - *type.unacked_since);
      }
    }
  }
  std::sort(view.begin(), view.end(), [](const ProxyStatus& a, const ProxyStatus& b) {
    return std::tie(a.group, a.node_id, a.stream_id) < std::tie(b.group, b.node_id, b.stream_id);
  });
  return view;
}

uint64_t Fleet::Await(std::string_view group, uint64_t sequence, absl::Time since,
                      RollcallDone done) {
  uint64_t id = 0;
  {
    absl::MutexLock lock(&mutex_);
    id = ++last_id_;
    Waiter& waiter = waiters_[id];
    waiter.call.group = std::string(group);
    waiter.call.sequence = sequence;
    waiter.since = since;
    waiter.done = std::move(done);
    for (const auto& [stream_id, row] : rows_) {
      if (row.status.group != group) continue;
      ++waiter.missing;
      TakeAnswer(row, waiter);
    }
    CollectDueLocked(group);
  }
  RunDue();
  return id;
}

std::optional<Rollcall> Fleet::Cancel(uint64_t await_id) {
  absl::MutexLock lock(&mutex_);
  const auto it = waiters_.find(await_id);
  if (it == waiters_.end()) return std::nullopt;
  Waiter& waiter = it->second;
  // Those who have not answered are listed too: they are what the caller wants to know.
  for (const auto& [stream_id, row] : rows_) {
    if (row.status.group != waiter.call.group) continue;
    waiter.answers.try_emplace(stream_id,
                               Rollcall::Answer{row.status.node_id, ProxyState::kSyncing, {}, {}});
  }
  Rollcall call = Finish(std::move(waiter.call), waiter.answers);
  waiters_.erase(it);
  return call;
}

uint64_t Fleet::Join(ProxyStatus who) {
  who.connected_since = clock_();
  absl::MutexLock lock(&mutex_);
  const uint64_t id = ++last_id_;
  who.stream_id = id;
  for (auto& [await_id, waiter] : waiters_) {
    if (waiter.call.group == who.group) ++waiter.missing;
  }
  rows_[id].status = std::move(who);
  return id;
}

void Fleet::Leave(uint64_t stream_id) {
  absl::MutexLock lock(&mutex_);
  const auto it = rows_.find(stream_id);
  if (it == rows_.end()) return;
  const std::string group = std::move(it->second.status.group);
  rows_.erase(it);
  for (auto& [id, waiter] : waiters_) {
    if (waiter.call.group == group && waiter.answers.erase(stream_id) == 0) --waiter.missing;
  }
  CollectDueLocked(group);
}

void Fleet::NoteSent(uint64_t stream_id, std::string_view type_url, std::string_view version) {
  const absl::Time now = clock_();
  absl::MutexLock lock(&mutex_);
  TypeStatus* type = FindTypeLocked(stream_id, type_url);
  if (type == nullptr) return;
  type->version_sent = std::string(version);
  type->unacked_since = now;
  rows_.find(stream_id)->second.status.state = ProxyState::kSyncing;
}

void Fleet::NoteAck(uint64_t stream_id, std::string_view type_url, std::string_view version,
                    bool is_clean) {
  absl::MutexLock lock(&mutex_);
  TypeStatus* type = FindTypeLocked(stream_id, type_url);
  if (type == nullptr) return;
  type->version_acked = std::string(version);
  type->unacked_since.reset();
  if (is_clean) type->refusal.reset();
}

void Fleet::NoteNack(uint64_t stream_id, std::string_view type_url, Refusal refusal) {
  absl::MutexLock lock(&mutex_);
  TypeStatus* type = FindTypeLocked(stream_id, type_url);
  if (type == nullptr) return;
  type->unacked_since.reset();
  type->refusal = std::move(refusal);
}

void Fleet::NoteRefusalOver(uint64_t stream_id, std::string_view type_url) {
  absl::MutexLock lock(&mutex_);
  TypeStatus* type = FindTypeLocked(stream_id, type_url);
  if (type != nullptr) type->refusal.reset();
}

void Fleet::NoteSettled(uint64_t stream_id, const Snapshot& snapshot, ProxyState state) {
  const absl::Time now = clock_();
  absl::MutexLock lock(&mutex_);
  Row* row = FindLocked(stream_id);
  if (row == nullptr) return;
  row->status.state = state;
  row->status.snapshot_version = snapshot.version;
  row->status.sequence = snapshot.sequence;
  row->status.settled_at = now;
  for (auto& [id, waiter] : waiters_) TakeAnswer(*row, waiter);
  CollectDueLocked(row->status.group);
}

void Fleet::NoteSyncing(uint64_t stream_id) {
  absl::MutexLock lock(&mutex_);
  Row* row = FindLocked(stream_id);
  if (row != nullptr) row->status.state = ProxyState::kSyncing;
}

void Fleet::NoteFieldListing(uint64_t stream_id, std::vector<std::string> fields) {
  absl::MutexLock lock(&mutex_);
  Row* row = FindLocked(stream_id);
  if (row != nullptr) row->status.unsupported_fields = std::move(fields);
}

void Fleet::RunDue() {
  std::vector<Waiter> due;
  {
    absl::MutexLock lock(&mutex_);
    due.swap(due_);
  }
  for (Waiter& waiter : due) waiter.done(Finish(std::move(waiter.call), waiter.answers));
}

Fleet::Row* Fleet::FindLocked(uint64_t stream_id) {
  const auto it = rows_.find(stream_id);
  return it == rows_.end() ? nullptr : &it->second;
}

TypeStatus* Fleet::FindTypeLocked(uint64_t stream_id, std::string_view type_url) {
  Row* row = FindLocked(stream_id);
  if (row == nullptr) return nullptr;
  auto it = row->types.find(type_url);
  if (it == row->types.end()) {
    it = row->types.emplace(std::string(type_url), TypeStatus{}).first;
    it->second.type_url = std::string(type_url);
  }
  return &it->second;
}

void Fleet::TakeAnswer(const Row& row, Waiter& waiter) {
  const ProxyStatus& status = row.status;
  if (waiter.call.group != status.group || status.sequence < waiter.call.sequence) return;
  const auto [answer, is_new] = waiter.answers.try_emplace(status.stream_id);
  if (is_new) --waiter.missing;
  // The first time it was live is the answer; a refusal is replaced by what mends it.
  if (answer->second.state == ProxyState::kLive) return;
  const Refusal* refusal = FindRefusal(row.types);
  answer->second = {status.node_id, refusal == nullptr ? ProxyState::kLive : ProxyState::kRefused,
                    status.settled_at - waiter.since, refusal == nullptr ? "" : refusal->error};
}

void Fleet::CollectDueLocked(std::string_view group) {
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    const Waiter& waiter = it->second;
    if (waiter.call.group != group || waiter.missing != 0) {
      ++it;
      continue;
    }
    due_.push_back(std::move(it->second));
    it = waiters_.erase(it);
  }
}

}  // namespace sluice::xdsserver
