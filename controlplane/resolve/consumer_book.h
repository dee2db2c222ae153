// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "api/manifest/object.h"
#include "controlplane/ir/consumer.h"
#include "controlplane/resolve/consumer.h"
#include "controlplane/resolve/verdict.h"

namespace sluice::resolve {

// ConsumerBook holds all consumers and settles who has a credential that several of one namespace
// claim: the oldest, then the first by name. A change costs the consumers that share a credential
// with what changed, however many others there are.
//
// Invariant:
//   1. A consumer's part is what Settle said last; what Put and Remove touched since then waits.
//
// Thread:   its owner's.
// Errors:   none.
// Limits:   none of its own.
class ConsumerBook {
 public:
  void Put(const manifest::ObjectKey& key, ConsumerDraft draft);
  void Remove(const manifest::ObjectKey& key);

  struct Change {
    manifest::ObjectKey key;
    std::shared_ptr<const ir::Consumer> consumer;  // Null: gone.
    bool is_other = false;                         // Differs from the one before.
    Verdict verdict;                               // Of one that is there.
  };
  // What became of the consumers that were touched since the last call, by key.
  std::vector<Change> Settle();

  // Visits the settled consumers in the order of their keys.
  template <typename Visit>  // (const manifest::ObjectKey&, const shared_ptr<const ir::Consumer>&)
  void ForEach(Visit&& visit) const {
    for (const auto& [key, entry] : entries_) visit(key, entry.settled);
  }

 private:
  struct Entry {
    ConsumerDraft draft;
    std::shared_ptr<const ir::Consumer> settled;
  };
  using Claimant = std::map<manifest::ObjectKey, Entry>::const_pointer;

  void Claim(Claimant claimant);
  void Unclaim(Claimant claimant);
  // Null: nobody else's, or this one's by age.
  Claimant FindOlder(Claimant claimant, const std::string& credential) const;
  Change SettleOne(std::map<manifest::ObjectKey, Entry>::pointer entry);

  std::map<manifest::ObjectKey, Entry> entries_;
  // By credential, with its namespace. Almost all have one claimant.
  absl::flat_hash_map<std::string, std::vector<Claimant>> claims_;
  std::set<manifest::ObjectKey> touched_;
};

}  // namespace sluice::resolve
