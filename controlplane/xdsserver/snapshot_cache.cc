// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/snapshot_cache.h"

#include <algorithm>
#include <utility>

namespace sluice::xdsserver {

uint64_t SnapshotCache::Set(std::string_view group, ResourceSet resources) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->group = std::string(group);
  snapshot->version = resources.Version();
  snapshot->resources = std::move(resources);
  snapshot->set_at = clock_();
  std::function<void(const std::string&)> listener;
  uint64_t sequence = 0;
  {
    absl::MutexLock lock(&mutex_);
    auto& current = snapshots_[snapshot->group];
    if (current != nullptr &&
        current->resources.fingerprint() == snapshot->resources.fingerprint()) {
      return current->sequence;
    }
    sequence = snapshot->sequence = ++last_sequence_;
    current = snapshot;
    listener = listener_;
  }
  if (listener) listener(snapshot->group);
  return sequence;
}

std::shared_ptr<const Snapshot> SnapshotCache::Find(std::string_view group) const {
  absl::MutexLock lock(&mutex_);
  const auto it = snapshots_.find(group);
  return it == snapshots_.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<const Snapshot>> SnapshotCache::List() const {
  std::vector<std::shared_ptr<const Snapshot>> list;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [group, snapshot] : snapshots_) list.push_back(snapshot);
  }
  std::sort(list.begin(), list.end(),
            [](const auto& a, const auto& b) { return a->group < b->group; });
  return list;
}

void SnapshotCache::SetListener(std::function<void(const std::string& group)> listener) {
  absl::MutexLock lock(&mutex_);
  listener_ = std::move(listener);
}

}  // namespace sluice::xdsserver
