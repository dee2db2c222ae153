// SPDX-License-Identifier: Apache-2.0
// Who names what, and what goes when it is removed or nobody names it any more: of ConfigStore.
#include <algorithm>
#include <utility>

#include "dataplane/xdsclient/config_store.h"

namespace sluice::xdsclient {
namespace {

void AppendNames(const compile::SecretRefs& refs, std::vector<std::string>& names) {
  names.insert(names.end(), refs.certificates.begin(), refs.certificates.end());
  if (!refs.validation.empty()) names.push_back(refs.validation);
}

}  // namespace

bool ConfigStore::Wanted(ResourceType type, const std::string& name) const {
  if (type == ResourceType::kEndpoints) return assignment_users_.named(name);
  if (type == ResourceType::kRoutes) return table_users_.named(name);
  if (type == ResourceType::kConsumer) return consumer_users_.named(kAllOfThem);
  return true;
}

void ConfigStore::Remove(ResourceType type, const std::string& name) {
  if (type == ResourceType::kConsumer) return RemoveConsumer(name);
  ledger_.Erase(type, name);
  switch (type) {
    case ResourceType::kCluster:
      return RemoveCluster(name);
    case ResourceType::kListener:
      return RemoveListener(name);
    case ResourceType::kRoutes:
      return RemoveTable(name);
    case ResourceType::kEndpoints:
      // A cluster whose assignment went away keeps the last one.
      assignments_.erase(name);
      return;
    case ResourceType::kSecret:
      secrets_.erase(name);
      if (hooks_.watch_secret) hooks_.watch_secret(name, {});
      return;
    case ResourceType::kConsumer:
      return;
  }
}

// What it was is read from the ledger, so it goes from there last.
void ConfigStore::RemoveConsumer(const std::string& name) {
  if (name == kAllOfThem) return RemoveAllConsumers();
  if (auto before = CurrentConsumer(name); before != nullptr) {
    consumer_changes_.push_back({std::move(before), nullptr});
  }
  ledger_.Erase(ResourceType::kConsumer, name);
}

void ConfigStore::RemoveAllConsumers() {
  while (!raw(ResourceType::kConsumer).empty()) {
    ledger_.Erase(ResourceType::kConsumer,
                  std::string(raw(ResourceType::kConsumer).begin()->first));
  }
  consumer_changes_.clear();
  consumers_ = nullptr;
  consumers_arrived_ = false;
}

void ConfigStore::RemoveCluster(const std::string& name) {
  const auto it = clusters_.find(name);
  if (it == clusters_.end()) return;
  ClusterSlot& slot = it->second;
  slot.next = nullptr;
  waiting_clusters_.erase(name);
  slot.deadline_ms = loop_.now_ms() + kWarmLimitMs;
  removed_clusters_.insert(name);
  LinkCluster(name, slot);
}

void ConfigStore::RemoveListener(const std::string& name) {
  const auto it = listeners_.find(name);
  if (it == listeners_.end()) return;
  if (it->second.current != nullptr) CountNamed(it->second.current->clusters, -1);
  if (it->second.bound != nullptr) listeners_changed_ = true;
  listeners_.erase(it);
  waiting_listeners_.erase(name);
  if (hooks_.release_sockets) hooks_.release_sockets(name);
  table_users_.Set(name, {});
  secret_users_.Set("l" + name, {});
  consumer_users_.Set("l" + name, {});
}

void ConfigStore::RemoveTable(const std::string& name) {
  const auto it = tables_.find(name);
  if (it == tables_.end()) return;
  if (it->second.current != nullptr) CountNamed(it->second.current->clusters, -1);
  tables_.erase(it);
  waiting_tables_.erase(name);
  consumer_users_.Set("t" + name, {});
  const ReferenceIndex::Users& users = table_users_.UsersOf(name);
  touched_listeners_.insert(users.begin(), users.end());
}

void ConfigStore::LinkCluster(const std::string& name, const ClusterSlot& slot) {
  std::vector<std::string> assignments, secrets;
  for (const auto* compiled : {slot.current.get(), slot.next.get()}) {
    if (compiled == nullptr) continue;
    if (compiled->cluster.discovery == config::Cluster::Discovery::kEds) {
      assignments.push_back(AssignmentOf(compiled->cluster));
    }
    AppendNames(compiled->secrets, secrets);
  }
  assignment_users_.Set(name, std::move(assignments));
  secret_users_.Set("c" + name, std::move(secrets));
}

void ConfigStore::LinkListener(const std::string& name, const ListenerSlot& slot) {
  std::vector<std::string> tables, secrets;
  for (const auto* compiled : {slot.current.get(), slot.next.get()}) {
    if (compiled == nullptr) continue;
    tables.insert(tables.end(), compiled->route_tables.begin(), compiled->route_tables.end());
    for (const compile::SecretRefs& refs : compiled->chain_secrets) AppendNames(refs, secrets);
  }
  table_users_.Set(name, std::move(tables));
  secret_users_.Set("l" + name, std::move(secrets));
  const bool asks = (slot.current != nullptr && slot.current->needs_consumers) ||
                    (slot.next != nullptr && slot.next->needs_consumers);
  consumer_users_.Set("l" + name,
                      asks ? std::vector{std::string(kAllOfThem)} : std::vector<std::string>());
}

void ConfigStore::LinkTable(const std::string& name, const TableSlot& slot) {
  const bool asks = (slot.current != nullptr && slot.current->needs_consumers) ||
                    (slot.next != nullptr && slot.next->needs_consumers);
  consumer_users_.Set("t" + name,
                      asks ? std::vector{std::string(kAllOfThem)} : std::vector<std::string>());
}

void ConfigStore::FlushInterest() {
  FlushInterest(ResourceType::kEndpoints, assignment_users_);
  FlushInterest(ResourceType::kRoutes, table_users_);
  FlushInterest(ResourceType::kSecret, secret_users_);
  FlushInterest(ResourceType::kConsumer, consumer_users_);
}

void ConfigStore::FlushInterest(ResourceType type, ReferenceIndex& index) {
  InterestChange change = index.TakeChange();
  const auto own = [&](const std::string& name) { return is_static(type, name); };
  std::erase_if(change.added, own);
  std::erase_if(change.removed, own);
  // What nobody names any more goes with its last user.
  for (const std::string& name : change.removed) Remove(type, name);
  for (const std::string& name : ledger_.TakeMoved(type)) {
    if (own(name) || !index.named(name) || change.added.contains(name)) continue;
    change.removed.insert(name);
    change.added.insert(name);
  }
  if (!change.empty()) hooks_.interest(type, change);
}

}  // namespace sluice::xdsclient
