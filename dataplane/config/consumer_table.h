// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/config/consumer.h"

namespace sluice::config {

// A ConsumerTable finds the consumer whom a credential belongs to. It consists of shards that
// copies share: a change copies the shards that the consumer's credentials fall into.
//
// The same credential may be two consumers' of different namespaces; of one namespace's, the first
// by name has it. An empty `name_space` asks for those of all, the first by name.
//
// Thread:   one that is shared is not changed any more; copies may be made anywhere.
// Lifetime: what it finds lives as long as the table.
// Errors:   null: nobody's.
// Limits:   a look-up is a binary search among some hundred entries of 100,000; an entry a
//           credential, 24 bytes.
class ConsumerTable {
 public:
  static constexpr size_t kShards = 1024;

  // One that comes, goes (`after` null) or takes another's place.
  struct Change {
    std::shared_ptr<const Consumer> before;
    std::shared_ptr<const Consumer> after;
  };

  struct KeyOwner {
    const Consumer* consumer = nullptr;
    bool expired = false;
  };
  // By the SHA-256 of the key, all of which is compared, in a time that does not tell where the
  // two differ. A key that is good wins over one that has expired.
  KeyOwner FindByApiKey(const Sha256& hash, std::string_view name_space, int64_t now_s) const;

  struct PasswordOwner {
    const Consumer* consumer = nullptr;
    std::string_view hash;  // What the password must have.
  };
  PasswordOwner FindByUsername(std::string_view username, std::string_view name_space) const;

  const Consumer* FindByToken(std::string_view issuer, std::string_view subject,
                              std::string_view name_space) const;
  const Consumer* FindByCertificateName(std::string_view name, std::string_view name_space) const;

  // Copies each shard that they fall into once.
  void Apply(const std::vector<Change>& changes);

  size_t size() const { return size_; }  // Consumers.
  bool empty() const { return size_ == 0; }

 private:
  // A credential, by its first bytes or its hash.
  struct Entry {
    uint64_t key;
    std::shared_ptr<const Consumer> consumer;
    bool operator<(const Entry& other) const;
  };
  using Shard = std::vector<Entry>;  // Sorted by key, then name; no more room than it needs.

  static size_t ShardOf(uint64_t key) { return key % kShards; }
  static std::vector<uint64_t> KeysOf(const Consumer& consumer);

  // Calls `visit(const Consumer&)`, which returns true to end, on those of an entry with `key`.
  template <typename Visit>
  void ForEach(uint64_t key, std::string_view name_space, Visit visit) const;

  std::array<std::shared_ptr<const Shard>, kShards> shards_;  // Null: empty.
  size_t size_ = 0;
};

}  // namespace sluice::config
