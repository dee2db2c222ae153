// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/consumer_book.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::resolve {
namespace {

using manifest::ObjectKey;

// Credentials as claims_ knows them. No namespace holds a line feed, and no issuer a byte 0.
std::string IdOf(const std::string& ns, char kind, std::string_view value) {
  return absl::StrCat(ns, "\n", std::string(1, kind), value);
}
std::string IdOf(const std::string& ns, const ir::ConsumerKey& key) {
  return IdOf(ns, 'k', key.sha256);
}
std::string PasswordId(const std::string& ns, const std::string& username) {
  return IdOf(ns, 'p', username);
}
std::string TokenId(const std::string& ns, const std::pair<std::string, std::string>& token) {
  return IdOf(ns, 't', absl::StrCat(token.first, std::string(1, '\0'), token.second));
}
std::string CertificateId(const std::string& ns, const std::string& name) {
  return IdOf(ns, 'c', name);
}

std::vector<std::string> CredentialsOf(const std::string& ns, const ir::Consumer& consumer) {
  std::vector<std::string> ids;
  for (const auto& key : consumer.keys) ids.push_back(IdOf(ns, key));
  for (const auto& [username, hash] : consumer.passwords) ids.push_back(PasswordId(ns, username));
  for (const auto& token : consumer.tokens) ids.push_back(TokenId(ns, token));
  for (const auto& name : consumer.certificates) ids.push_back(CertificateId(ns, name));
  return ids;
}

Condition RefsOf(const ConsumerDraft& draft) {
  if (draft.refusals.empty()) return True("ResolvedRefs", "ResolvedRefs");
  return False("ResolvedRefs", draft.refusals.front().reason,
               absl::StrJoin(draft.refusals, "; ", [](std::string* out, const Refusal& refusal) {
                 absl::StrAppend(out, refusal.message);
               }));
}

Condition ConflictOf(const std::vector<std::string>& lost) {
  if (lost.empty()) return {"Conflicted", Condition::Status::kFalse, "NoConflicts", ""};
  return True("Conflicted", "CredentialConflict", absl::StrJoin(lost, "; "));
}

}  // namespace

void ConsumerBook::Claim(Claimant claimant) {
  for (std::string& id : CredentialsOf(claimant->first.ns, claimant->second.draft.consumer)) {
    std::vector<Claimant>& claimants = claims_[std::move(id)];
    for (const Claimant other : claimants) touched_.insert(other->first);
    claimants.push_back(claimant);
  }
}

void ConsumerBook::Unclaim(Claimant claimant) {
  for (const std::string& id : CredentialsOf(claimant->first.ns, claimant->second.draft.consumer)) {
    const auto it = claims_.find(id);
    if (it == claims_.end()) continue;
    std::erase(it->second, claimant);
    for (const Claimant other : it->second) touched_.insert(other->first);
    if (it->second.empty()) claims_.erase(it);
  }
}

void ConsumerBook::Put(const ObjectKey& key, ConsumerDraft draft) {
  const auto [it, is_new] = entries_.try_emplace(key);
  if (!is_new) Unclaim(&*it);
  it->second.draft = std::move(draft);
  Claim(&*it);
  touched_.insert(key);
}

void ConsumerBook::Remove(const ObjectKey& key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  Unclaim(&*it);
  entries_.erase(it);
  touched_.insert(key);
}

ConsumerBook::Claimant ConsumerBook::FindOlder(Claimant claimant,
                                               const std::string& credential) const {
  const auto it = claims_.find(credential);
  if (it == claims_.end()) return nullptr;
  Claimant first = claimant;
  for (const Claimant other : it->second) {
    if (std::tie(other->second.draft.created, other->first) <
        std::tie(first->second.draft.created, first->first)) {
      first = other;
    }
  }
  return first == claimant ? nullptr : first;
}

ConsumerBook::Change ConsumerBook::SettleOne(std::map<ObjectKey, Entry>::pointer entry) {
  const std::string& ns = entry->first.ns;
  ir::Consumer consumer = entry->second.draft.consumer;
  std::vector<std::string> lost;
  const auto is_lost = [&](const std::string& id, const std::string& what) {
    const Claimant older = FindOlder(entry, id);
    if (older == nullptr) return false;
    lost.push_back(absl::StrCat(what, " is that of ", older->first.ToString(),
                                ", which is older, or as old and first by name"));
    return true;
  };
  std::erase_if(consumer.keys, [&](const ir::ConsumerKey& key) {
    return is_lost(IdOf(ns, key), absl::StrCat("API key ", key.name));
  });
  std::erase_if(consumer.passwords, [&](const auto& password) {
    return is_lost(PasswordId(ns, password.first), absl::StrCat("user name ", password.first));
  });
  std::erase_if(consumer.tokens, [&](const auto& token) {
    return is_lost(TokenId(ns, token),
                   absl::StrCat("subject ", token.second, " of issuer ", token.first));
  });
  std::erase_if(consumer.certificates, [&](const std::string& name) {
    return is_lost(CertificateId(ns, name), absl::StrCat("certificate name ", name));
  });
  Change change{.key = entry->first};
  std::shared_ptr<const ir::Consumer>& settled = entry->second.settled;
  if (settled == nullptr || !(*settled == consumer)) {
    settled = std::make_shared<const ir::Consumer>(std::move(consumer));
    change.is_other = true;
  }
  change.consumer = settled;
  change.verdict.conditions = {True("Accepted", "Accepted"), RefsOf(entry->second.draft),
                               ConflictOf(lost)};
  return change;
}

std::vector<ConsumerBook::Change> ConsumerBook::Settle() {
  std::vector<Change> changes;
  for (const ObjectKey& key : std::exchange(touched_, {})) {
    const auto it = entries_.find(key);
    if (it == entries_.end()) {
      changes.push_back({.key = key, .is_other = true});
    } else {
      changes.push_back(SettleOne(&*it));
    }
  }
  return changes;
}

}  // namespace sluice::resolve
