// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/board.h"

#include <algorithm>
#include <utility>

namespace sluice::status {

void Board::Recall(std::map<manifest::ObjectKey, ConditionTimes> times) {
  absl::MutexLock lock(&mutex_);
  recalled_ = std::move(times);
}

std::vector<manifest::ObjectKey> Board::Publish(BoardUpdate update) {
  absl::MutexLock lock(&mutex_);
  std::vector<manifest::ObjectKey> news;
  for (const manifest::ObjectKey& key : update.removed) {
    entries_.erase(key);
    recalled_.erase(key);
  }
  for (const manifest::ObjectKey& key : update.changed) entries_[key].sequence = update.sequence;
  for (const manifest::ObjectKey& key : update.dropped_verdicts) {
    const auto it = entries_.find(key);
    if (it == entries_.end()) continue;
    it->second.verdict = {};
    if (it->second.times.Follow({}, update.at)) news.push_back(key);
  }
  for (auto& [key, verdict] : update.verdicts) {
    BoardEntry& entry = entries_[key];
    const bool is_first = entry.since == absl::Time();
    if (entry.verdict == verdict && !is_first) continue;
    if (auto recalled = recalled_.extract(key)) entry.times = std::move(recalled.mapped());
    if (entry.times.Follow(verdict, update.at) || !is_first) news.push_back(key);
    entry.verdict = std::move(verdict);
    entry.since = update.at;
    entry.sequence = update.sequence;
  }
  revision_ = std::max(revision_, update.revision);
  return news;
}

std::optional<BoardEntry> Board::Find(const manifest::ObjectKey& key) const {
  absl::MutexLock lock(&mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return std::nullopt;
  return it->second;
}

registry::Revision Board::revision() const {
  absl::MutexLock lock(&mutex_);
  return std::max<registry::Revision>(revision_, 0);
}

bool Board::AwaitRevision(registry::Revision revision, absl::Duration timeout) const {
  absl::MutexLock lock(&mutex_);
  auto is_there = [this, revision]()
                      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return revision_ >= revision; };
  return mutex_.AwaitWithTimeout(absl::Condition(&is_there), timeout);
}

}  // namespace sluice::status
