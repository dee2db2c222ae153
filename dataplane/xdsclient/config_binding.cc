// SPDX-License-Identifier: Apache-2.0
// From what serves to the snapshot: ConfigStore binds secrets and routers, and publishes.
#include <utility>

#include "absl/log/log.h"
#include "dataplane/compile/endpoints.h"
#include "dataplane/xdsclient/bind.h"
#include "dataplane/xdsclient/config_store.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"

namespace sluice::xdsclient {

using config::Cluster;

std::shared_ptr<const config::EndpointSet> ConfigStore::EndpointsOf(ClusterSlot& slot) {
  const compile::CompiledCluster& compiled = *slot.current;
  if (IsDns(compiled.cluster)) return slot.dns->endpoints();
  if (compiled.cluster.discovery != Cluster::Discovery::kEds) {
    return {slot.current, &compiled.cluster.endpoints};
  }
  const std::string& name = AssignmentOf(compiled.cluster);
  const auto assignment = assignments_.find(name);
  // A cluster whose assignment went away keeps the last one.
  if (assignment == assignments_.end()) return slot.endpoints;
  if (slot.endpoints_for == slot.current && slot.endpoints_serial == assignment->second) {
    return slot.endpoints;
  }
  const RawResource* raw = ledger_.Find(ResourceType::kEndpoints, name);
  envoy::config::endpoint::v3::ClusterLoadAssignment message;
  compile::CompileContext context(options_);
  context.Begin("endpoints", name);
  if (raw == nullptr || !message.ParseFromString(raw->body)) return slot.endpoints;
  auto endpoints =
      compile::CompileEndpoints(message, raw->version, compiled.endpoint_rules, context);
  if (!endpoints.ok()) return slot.endpoints;  // It compiled when it came.
  slot.endpoints = std::make_shared<const config::EndpointSet>(*std::move(endpoints));
  slot.endpoints_for = slot.current;
  slot.endpoints_serial = assignment->second;
  return slot.endpoints;
}

void ConfigStore::BindClusters() {
  for (const std::string& name : std::exchange(touched_clusters_, {})) {
    const auto it = clusters_.find(name);
    if (it == clusters_.end()) {
      if (cluster_map_.contains(name)) cluster_changes_.push_back({name, {}});
    } else if (it->second.current != nullptr) {
      BindCluster(name, it->second);
    }
  }
}

void ConfigStore::BindCluster(const std::string& name, ClusterSlot& slot) {
  static const auto* const kNone =
      new std::shared_ptr<const config::EndpointSet>(std::make_shared<const config::EndpointSet>());
  Secrets secrets = SecretsOf(slot.current->secrets);
  if (slot.current->cluster.tls == nullptr) {
    // Nothing is to be put in: it serves as it was compiled.
    slot.bound = std::shared_ptr<const Cluster>(slot.current, &slot.current->cluster);
  } else if (slot.bound_from != slot.current || slot.bound_secrets != secrets) {
    auto bound = xdsclient::BindCluster(*slot.current,
                                        [this](std::string_view secret) { return Secret(secret); });
    if (bound.ok()) {
      slot.bound = *std::move(bound);
      slot.bound_from = slot.current;
      slot.bound_secrets = std::move(secrets);
    } else {
      LOG(ERROR) << bound.status().message() << "; serving on as before";
    }
  }
  if (slot.bound == nullptr) return;
  std::shared_ptr<const config::EndpointSet> endpoints = EndpointsOf(slot);
  config::ClusterEntry entry{slot.bound, endpoints != nullptr ? std::move(endpoints) : *kNone};
  const config::ClusterEntry* before = cluster_map_.Find(name);
  if (before == nullptr || *before != entry) cluster_changes_.push_back({name, std::move(entry)});
}

std::shared_ptr<const router::Router> ConfigStore::RouterOf(const std::string& table) const {
  const auto it = tables_.find(table);
  return it == tables_.end() || it->second.current == nullptr ? nullptr
                                                              : it->second.current->router;
}

void ConfigStore::BindListeners() {
  for (const std::string& name : std::exchange(touched_listeners_, {})) {
    const auto it = listeners_.find(name);
    if (it == listeners_.end() || it->second.current == nullptr) continue;
    if (BindListener(it->second)) listeners_changed_ = true;
  }
}

// True if it is another than before.
bool ConfigStore::BindListener(ListenerSlot& slot) {
  Secrets secrets;
  for (const compile::SecretRefs& refs : slot.current->chain_secrets) {
    for (auto& secret : SecretsOf(refs)) secrets.push_back(std::move(secret));
  }
  std::vector<std::shared_ptr<const router::Router>> routers;
  for (const std::string& table : slot.current->route_tables) routers.push_back(RouterOf(table));
  const bool same_listener = slot.bound_from == slot.current;
  if (same_listener && slot.bound_secrets == secrets && slot.bound_routers == routers) return false;
  auto bound = xdsclient::BindListener(
      *slot.current, [this](std::string_view secret) { return Secret(secret); },
      [this](std::string_view table) { return RouterOf(std::string(table)); },
      same_listener ? slot.bound.get() : nullptr, slot.bound_secrets != secrets);
  if (!bound.ok()) {
    LOG(ERROR) << bound.status().message() << "; serving on as before";
    return false;
  }
  slot.bound = *std::move(bound);
  slot.bound_from = slot.current;
  slot.bound_secrets = std::move(secrets);
  slot.bound_routers = std::move(routers);
  return true;
}

// True if they are others than before.
bool ConfigStore::BindConsumers() {
  if (!consumer_changes_.empty()) {
    auto table = consumers_ == nullptr ? std::make_shared<config::ConsumerTable>()
                                       : std::make_shared<config::ConsumerTable>(*consumers_);
    table->Apply(std::exchange(consumer_changes_, {}));
    consumers_ = std::move(table);
  }
  return snapshot_ == nullptr || snapshot_->consumers != consumers_;
}

void ConfigStore::OnTurnEnd() {
  Publish();
  for (absl::AnyInvocable<void()>& task : std::exchange(when_served_, {})) {
    if (hooks_.when_served) {
      hooks_.when_served(std::move(task));
    } else {
      task();
    }
  }
}

void ConfigStore::WhenServed(absl::AnyInvocable<void()> then) {
  when_served_.push_back(std::move(then));
  Changed();
}

void ConfigStore::Publish() {
  Promote();
  // A promotion may free references to what the old one named.
  FlushInterest();
  BindClusters();
  BindListeners();
  ArmDeadline();

  std::string hash = ledger_.content_hash();
  const bool consumers_changed = BindConsumers();
  const bool is_same = cluster_changes_.empty() && !listeners_changed_ && !consumers_changed;
  if (snapshot_ != nullptr && is_same && snapshot_->content_hash == hash) return;
  if (!cluster_changes_.empty()) cluster_map_.Apply(std::exchange(cluster_changes_, {}));
  auto snapshot = std::make_shared<config::Snapshot>();
  snapshot->sequence = snapshot_ == nullptr ? 1 : snapshot_->sequence + 1;
  snapshot->content_hash = std::move(hash);
  snapshot->clusters = cluster_map_;
  snapshot->consumers = consumers_;
  if (snapshot_ != nullptr && !listeners_changed_) {
    snapshot->listeners = snapshot_->listeners;
  } else {
    for (const auto& [name, slot] : listeners_) {
      if (slot.bound != nullptr) snapshot->listeners.push_back(slot.bound);
    }
  }
  listeners_changed_ = false;
  snapshot_ = std::move(snapshot);
  hooks_.publish(snapshot_);
}

}  // namespace sluice::xdsclient
