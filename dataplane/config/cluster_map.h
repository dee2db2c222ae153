// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dataplane/config/cluster.h"

namespace sluice::config {

// A cluster with the endpoints it has now. An endpoint change makes a new ClusterEntry that shares
// `cluster`.
struct ClusterEntry {
  std::shared_ptr<const Cluster> cluster;
  std::shared_ptr<const EndpointSet> endpoints;  // Resolved addresses only.

  friend bool operator==(const ClusterEntry&, const ClusterEntry&) = default;
};

// A ClusterMap finds clusters by name. It consists of shards that copies share: a copy costs
// kShards pointers however many clusters there are, a change the shard that it falls into, and what
// two maps differ in is looked for only where their shards are not the same.
//
// Thread:   one that is shared is not changed any more; copies may be made anywhere.
// Limits:   kShards pointers a map, even an empty one.
class ClusterMap {
 public:
  static constexpr size_t kShards = 256;

  // An entry without a cluster removes the name.
  struct Change {
    std::string name;
    ClusterEntry entry;
  };

  // Null: there is none of this name. Valid until the map changes.
  const ClusterEntry* Find(std::string_view name) const;
  bool contains(std::string_view name) const { return Find(name) != nullptr; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Copies each shard that they fall into once.
  void Apply(std::vector<Change> changes);
  void Set(std::string_view name, ClusterEntry entry);
  void Erase(std::string_view name) { Set(name, {}); }

  // visit(const std::string& name, const ClusterEntry* before, const ClusterEntry* after), in no
  // order; null is absence.
  template <typename Visit>
  static void ForEachDifference(const ClusterMap& before, const ClusterMap& after, Visit visit);

 private:
  using Shard = absl::flat_hash_map<std::string, ClusterEntry>;

  static size_t ShardOf(std::string_view name);

  std::array<std::shared_ptr<const Shard>, kShards> shards_;  // Null: empty.
  size_t size_ = 0;
};

template <typename Visit>
void ClusterMap::ForEachDifference(const ClusterMap& before, const ClusterMap& after, Visit visit) {
  static const Shard* const kNone = new Shard;
  for (size_t i = 0; i < kShards; ++i) {
    if (before.shards_[i] == after.shards_[i]) continue;
    const Shard& old_shard = before.shards_[i] == nullptr ? *kNone : *before.shards_[i];
    const Shard& new_shard = after.shards_[i] == nullptr ? *kNone : *after.shards_[i];
    for (const auto& [name, entry] : old_shard) {
      if (!new_shard.contains(name)) visit(name, &entry, nullptr);
    }
    for (const auto& [name, entry] : new_shard) {
      const auto old = old_shard.find(name);
      if (old == old_shard.end()) {
        visit(name, nullptr, &entry);
      } else if (old->second != entry) {
        visit(name, &old->second, &entry);
      }
    }
  }
}

}  // namespace sluice::config
