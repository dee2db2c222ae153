// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/board.h"

#include <algorithm>
#include <utility>

namespace sluice::status {

void Board::Publish(BoardUpdate update) {
  absl::MutexLock lock(&mutex_);
  for (const manifest::ObjectKey& key : update.removed) entries_.erase(key);
  for (const manifest::ObjectKey& key : update.changed) entries_[key].sequence = update.sequence;
  for (const manifest::ObjectKey& key : update.dropped_verdicts) {
    const auto it = entries_.find(key);
    if (it != entries_.end()) it->second.verdict = {};
  }
  for (auto& [key, verdict] : update.verdicts) {
    BoardEntry& entry = entries_[key];
    if (entry.verdict == verdict && entry.since != absl::Time()) continue;
    entry.verdict = std::move(verdict);
    entry.since = update.at;
    entry.sequence = update.sequence;
  }
  revision_ = std::max(revision_, update.revision);
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
