// SPDX-License-Identifier: Apache-2.0
// What waits until it is warm: ConfigStore between taking and binding.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "dataplane/xdsclient/config_store.h"

namespace sluice::xdsclient {

using config::Cluster;

std::shared_ptr<const compile::CompiledSecret> ConfigStore::Secret(std::string_view name) const {
  const auto it = secrets_.find(name);
  return it == secrets_.end() ? nullptr : it->second;
}

ConfigStore::Secrets ConfigStore::SecretsOf(const compile::SecretRefs& refs) const {
  Secrets out;
  for (const std::string& name : refs.certificates) out.push_back(Secret(name));
  if (!refs.validation.empty()) out.push_back(Secret(refs.validation));
  return out;
}

bool ConfigStore::HaveSecrets(const compile::SecretRefs& refs) const {
  return (refs.validation.empty() || secrets_.contains(refs.validation)) &&
         std::all_of(refs.certificates.begin(), refs.certificates.end(),
                     [this](const std::string& name) { return secrets_.contains(name); });
}

bool ConfigStore::HaveSecrets(const compile::CompiledListener& listener) const {
  return std::all_of(listener.chain_secrets.begin(), listener.chain_secrets.end(),
                     [this](const compile::SecretRefs& refs) { return HaveSecrets(refs); });
}

bool ConfigStore::Warm(const compile::CompiledCluster& compiled, const ClusterSlot& slot) const {
  if (!HaveSecrets(compiled.secrets)) return false;
  switch (compiled.cluster.discovery) {
    case Cluster::Discovery::kStatic:
      return true;
    case Cluster::Discovery::kEds:
      return assignments_.contains(AssignmentOf(compiled.cluster));
    case Cluster::Discovery::kStrictDns:
    case Cluster::Discovery::kLogicalDns:
      return slot.next_dns != nullptr && slot.next_dns->endpoints() != nullptr;
  }
  return true;
}

bool ConfigStore::Warm(const compile::CompiledRouteTable& table) const {
  if (table.needs_consumers && !ConsumersKnown()) return false;
  return std::all_of(table.clusters.begin(), table.clusters.end(), [this](const auto& name) {
    const auto it = clusters_.find(name);
    return it != clusters_.end() && it->second.current != nullptr;
  });
}

bool ConfigStore::Warm(const compile::CompiledListener& listener) const {
  if (listener.needs_consumers && !ConsumersKnown()) return false;
  return std::all_of(listener.route_tables.begin(), listener.route_tables.end(),
                     [this](const std::string& name) {
                       const auto it = tables_.find(name);
                       return it != tables_.end() && it->second.current != nullptr;
                     });
}

// Looks the names of `next` up, if it has any, beside those of `current`.
void ConfigStore::StartDns(const std::string& name, ClusterSlot& slot) {
  if (slot.next_dns_of == slot.next) return;
  slot.next_dns_of = slot.next;
  slot.next_dns = nullptr;
  if (!IsDns(slot.next->cluster)) return;
  slot.next_dns = std::make_unique<upstream::DnsCluster>(
      loop_, resolver_, std::shared_ptr<const Cluster>(slot.next, &slot.next->cluster),
      [this, name](std::shared_ptr<const config::EndpointSet>) {
        touched_clusters_.insert(name);
        Changed();
      });
}

// Clusters before the tables that go to them, tables before the listeners that use them, and what
// was removed last.
void ConfigStore::Promote() {
  PromoteClusters();
  PromoteTables();
  PromoteListeners();
  DropRemovedClusters();
}

void ConfigStore::PromoteClusters() {
  std::erase_if(waiting_clusters_, [this](const std::string& name) {
    ClusterSlot& slot = clusters_.at(name);
    StartDns(name, slot);
    const bool late = Due(slot.deadline_ms) && HaveSecrets(slot.next->secrets);
    if (!late && !Warm(*slot.next, slot)) return false;
    slot.current = std::move(slot.next);
    slot.dns = std::move(slot.next_dns);
    slot.next_dns_of = nullptr;
    touched_clusters_.insert(name);
    LinkCluster(name, slot);
    return true;
  });
}

void ConfigStore::PromoteTables() {
  std::erase_if(waiting_tables_, [this](const std::string& name) {
    TableSlot& slot = tables_.at(name);
    if (!Due(slot.deadline_ms) && !Warm(*slot.next)) return false;
    CountNamed(slot.next->clusters, 1);
    if (slot.current != nullptr) CountNamed(slot.current->clusters, -1);
    slot.current = std::move(slot.next);
    LinkTable(name, slot);
    const ReferenceIndex::Users& users = table_users_.UsersOf(name);
    touched_listeners_.insert(users.begin(), users.end());
    return true;
  });
}

void ConfigStore::PromoteListeners() {
  std::erase_if(waiting_listeners_, [this](const std::string& name) {
    ListenerSlot& slot = listeners_.at(name);
    if (!HaveSecrets(*slot.next)) return false;
    if (!Due(slot.deadline_ms) && !Warm(*slot.next)) return false;
    CountNamed(slot.next->clusters, 1);
    if (slot.current != nullptr) CountNamed(slot.current->clusters, -1);
    slot.current = std::move(slot.next);
    touched_listeners_.insert(name);
    LinkListener(name, slot);
    return true;
  });
}

void ConfigStore::DropRemovedClusters() {
  std::erase_if(removed_clusters_, [this](const std::string& name) {
    const auto it = clusters_.find(name);
    if (named_clusters_.contains(name) && !Due(it->second.deadline_ms)) return false;
    clusters_.erase(it);
    LinkCluster(name, {});
    touched_clusters_.insert(name);
    return true;
  });
}

void ConfigStore::CountNamed(const std::vector<std::string>& clusters, int change) {
  for (const std::string& name : clusters) {
    if (change > 0) {
      ++named_clusters_[name];
    } else if (const auto it = named_clusters_.find(name); --it->second == 0) {
      named_clusters_.erase(it);
    }
  }
}

void ConfigStore::ArmDeadline() {
  constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  const int64_t now = loop_.now_ms();
  int64_t next = kNever;
  settled_ = true;
  const auto note = [&](const std::set<std::string>& names, const auto& slots) {
    for (const std::string& name : names) {
      settled_ = false;
      const int64_t deadline = slots.find(name)->second.deadline_ms;
      // One that is past its limit waits for a secret, which will wake us. The others' limits hold.
      if (deadline > now) next = std::min(next, deadline);
    }
  };
  note(waiting_clusters_, clusters_);
  note(removed_clusters_, clusters_);
  note(waiting_tables_, tables_);
  note(waiting_listeners_, listeners_);
  if (next == kNever) return deadline_.Disarm();
  deadline_.Arm(next - now);
}

}  // namespace sluice::xdsclient
