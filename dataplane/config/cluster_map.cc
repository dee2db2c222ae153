// SPDX-License-Identifier: Apache-2.0
#include "dataplane/config/cluster_map.h"

#include <utility>

#include "absl/hash/hash.h"

namespace sluice::config {

// By the upper bits: the lower ones place a name within its shard.
size_t ClusterMap::ShardOf(std::string_view name) {
  return absl::Hash<std::string_view>()(name) >> (8 * sizeof(size_t) - 8);
}

const ClusterEntry* ClusterMap::Find(std::string_view name) const {
  const Shard* shard = shards_[ShardOf(name)].get();
  if (shard == nullptr) return nullptr;
  const auto it = shard->find(name);
  return it == shard->end() ? nullptr : &it->second;
}

void ClusterMap::Apply(std::vector<Change> changes) {
  std::array<std::shared_ptr<Shard>, kShards> changed;
  for (Change& change : changes) {
    const size_t i = ShardOf(change.name);
    if (changed[i] == nullptr) {
      changed[i] =
          shards_[i] == nullptr ? std::make_shared<Shard>() : std::make_shared<Shard>(*shards_[i]);
      shards_[i] = changed[i];
    }
    Shard& shard = *changed[i];
    size_ -= shard.size();
    if (change.entry.cluster == nullptr) {
      shard.erase(change.name);
    } else {
      shard[std::move(change.name)] = std::move(change.entry);
    }
    size_ += shard.size();
  }
}

void ClusterMap::Set(std::string_view name, ClusterEntry entry) {
  std::vector<Change> changes;
  changes.push_back({std::string(name), std::move(entry)});
  Apply(std::move(changes));
}

}  // namespace sluice::config
