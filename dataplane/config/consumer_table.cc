// SPDX-License-Identifier: Apache-2.0
#include "dataplane/config/consumer_table.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/hash/hash.h"

namespace sluice::config {
namespace {

enum class Kind : uint8_t { kUsername, kToken, kCertificateName };

// Of a hash that nobody can choose freely, a part is as good as all.
uint64_t KeyOf(const Sha256& hash) {
  uint64_t key;
  std::memcpy(&key, hash.data(), sizeof key);
  return key;
}

uint64_t KeyOf(Kind kind, std::string_view first, std::string_view second = {}) {
  return absl::HashOf(kind, first, second);
}

bool Equal(const Sha256& a, const Sha256& b) {
  // Volatile, so that no compiler ends the loop early.
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference = difference | (a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

bool ConsumerTable::Entry::operator<(const Entry& other) const {
  return std::make_tuple(key, consumer->name()) <
         std::make_tuple(other.key, other.consumer->name());
}

std::vector<uint64_t> ConsumerTable::KeysOf(const Consumer& consumer) {
  std::set<uint64_t> keys;
  for (const auto& key : consumer.api_keys()) keys.insert(KeyOf(key.hash));
  for (const auto& password : consumer.passwords()) {
    keys.insert(KeyOf(Kind::kUsername, password.username));
  }
  for (const auto& token : consumer.tokens()) {
    keys.insert(KeyOf(Kind::kToken, token.issuer, token.subject));
  }
  for (std::string_view name : consumer.certificate_names()) {
    keys.insert(KeyOf(Kind::kCertificateName, name));
  }
  return {keys.begin(), keys.end()};
}

template <typename Visit>
void ConsumerTable::ForEach(uint64_t key, std::string_view name_space, Visit visit) const {
  const std::shared_ptr<const Shard>& shard = shards_[ShardOf(key)];
  if (shard == nullptr) return;
  auto it =
      std::lower_bound(shard->begin(), shard->end(), key,
                       [](const Entry& entry, uint64_t wanted) { return entry.key < wanted; });
  for (; it != shard->end() && it->key == key; ++it) {
    if (!name_space.empty() && it->consumer->name_space() != name_space) continue;
    if (visit(*it->consumer)) return;
  }
}

ConsumerTable::KeyOwner ConsumerTable::FindByApiKey(const Sha256& hash, std::string_view name_space,
                                                    int64_t now_s) const {
  KeyOwner owner;
  ForEach(KeyOf(hash), name_space, [&](const Consumer& consumer) {
    for (const Consumer::ApiKey& key : consumer.api_keys()) {
      if (!Equal(key.hash, hash)) continue;
      const bool expired = key.expires_at_s != 0 && now_s >= key.expires_at_s;
      if (owner.consumer != nullptr && expired) continue;
      owner = {&consumer, expired};
      if (!expired) return true;
    }
    return false;
  });
  return owner;
}

ConsumerTable::PasswordOwner ConsumerTable::FindByUsername(std::string_view username,
                                                           std::string_view name_space) const {
  PasswordOwner owner;
  ForEach(KeyOf(Kind::kUsername, username), name_space, [&](const Consumer& consumer) {
    for (const Consumer::Password& password : consumer.passwords()) {
      if (password.username != username) continue;
      owner = {&consumer, password.hash};
      return true;
    }
    return false;
  });
  return owner;
}

const Consumer* ConsumerTable::FindByToken(std::string_view issuer, std::string_view subject,
                                           std::string_view name_space) const {
  const Consumer* found = nullptr;
  ForEach(KeyOf(Kind::kToken, issuer, subject), name_space, [&](const Consumer& consumer) {
    for (const Consumer::Token& token : consumer.tokens()) {
      if (token.issuer == issuer && token.subject == subject) found = &consumer;
    }
    return found != nullptr;
  });
  return found;
}

const Consumer* ConsumerTable::FindByCertificateName(std::string_view name,
                                                     std::string_view name_space) const {
  const Consumer* found = nullptr;
  ForEach(KeyOf(Kind::kCertificateName, name), name_space, [&](const Consumer& consumer) {
    const auto names = consumer.certificate_names();
    if (std::find(names.begin(), names.end(), name) != names.end()) found = &consumer;
    return found != nullptr;
  });
  return found;
}

void ConsumerTable::Apply(const std::vector<Change>& changes) {
  struct ShardChange {
    std::set<std::pair<uint64_t, std::string>> gone;
    Shard come;
  };
  std::map<size_t, ShardChange> by_shard;
  for (const Change& change : changes) {
    if (change.before != nullptr) {
      --size_;
      for (const uint64_t key : KeysOf(*change.before)) {
        ShardChange& shard = by_shard[ShardOf(key)];
        // It may have come with this very call.
        std::erase_if(shard.come, [&](const Entry& entry) {
          return entry.key == key && entry.consumer->name() == change.before->name();
        });
        shard.gone.emplace(key, change.before->name());
      }
    }
    if (change.after != nullptr) {
      ++size_;
      for (const uint64_t key : KeysOf(*change.after)) {
        by_shard[ShardOf(key)].come.push_back({key, change.after});
      }
    }
  }
  for (auto& [index, change] : by_shard) {
    Shard kept;
    if (shards_[index] != nullptr) {
      kept.reserve(shards_[index]->size());
      std::copy_if(shards_[index]->begin(), shards_[index]->end(), std::back_inserter(kept),
                   [&](const Entry& entry) {
                     return !change.gone.contains({entry.key, std::string(entry.consumer->name())});
                   });
    }
    std::sort(change.come.begin(), change.come.end());
    auto next = std::make_shared<Shard>();
    next->reserve(kept.size() + change.come.size());
    std::merge(kept.begin(), kept.end(), change.come.begin(), change.come.end(),
               std::back_inserter(*next));
    shards_[index] = next->empty() ? nullptr : std::move(next);
  }
}

}  // namespace sluice::config
