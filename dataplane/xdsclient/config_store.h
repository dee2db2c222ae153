// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "dataplane/compile/cluster.h"
#include "dataplane/compile/context.h"
#include "dataplane/compile/listener.h"
#include "dataplane/compile/reference.h"
#include "dataplane/compile/route_table.h"
#include "dataplane/compile/tls.h"
#include "dataplane/config/consumer_table.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/event/loop.h"
#include "dataplane/upstream/dns_cluster.h"
#include "dataplane/upstream/dns_resolver.h"
#include "dataplane/xdsclient/reference_index.h"
#include "dataplane/xdsclient/resource_ledger.h"
#include "dataplane/xdsclient/resource_sink.h"
#include "dataplane/xdsclient/resource_type.h"
#include "dataplane/xdsclient/secret_files.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"

namespace sluice::xdsclient {

// A ConfigStore turns resources into snapshots: it compiles each as it comes, keeps the last good
// one, waits until what it refers to is there, and publishes all that is ready at the end of a turn
// in one swap.
//
//   received -compile-> next -warm-> current -bind-> snapshot
//        \-> refused (NACK), the current one serves on
//
// Warm means: a cluster has its endpoints and secrets; a route table's clusters are warm; a
// listener has its route tables and secrets; who asks its callers for their names has been told of
// the consumers. What is not warm kWarmLimitMs after it came is taken as it is (an unknown cluster
// then answers NC), except that TLS never starts without its secrets. A cluster that was removed
// stays until no serving route names it, or the same time has passed.
//
// A name has one source: a resource that would have it from another than what refers to it already
// is refused. So is one that comes under another name than it gives itself.
//
// A change costs what it touches: what it compiles, what waits, and who refers to it
// (ReferenceIndex). Beyond that a publish copies ClusterMap::kShards pointers, and those of the
// listeners if one of them changed.
//
// In four files: config_store.cc takes resources, config_references.cc knows who names what,
// config_warming.cc waits, config_binding.cc binds and publishes.
//
// Thread:   main.
// Lifetime: loop and resolver outlive it.
// Errors:   a Rejection each, naming resource, field and reason.
class ConfigStore final : public ResourceSink, private event::TurnEnd {
 public:
  static constexpr int64_t kWarmLimitMs = 15'000;

  struct Hooks {
    // A snapshot to serve by.
    std::function<void(std::shared_ptr<const config::Snapshot>)> publish;
    // Runs a task once every worker serves by the last snapshot that was published. If empty, tasks
    // run at the end of the turn.
    std::function<void(absl::AnyInvocable<void()>)> when_served;
    // Binds the addresses of a listener before it is taken.
    std::function<absl::Status(const config::Listener&)> acquire_sockets;
    // A listener that was taken is removed: its addresses are free again. May be empty.
    std::function<void(const std::string& listener)> release_sockets;
    // What is wanted of a type asked for by name has changed; a name whose source did is among
    // those removed and those added.
    std::function<void(ResourceType, const InterestChange&)> interest;
    // The files that a secret was read from, to call ReadSecretAgain when one is replaced; none
    // when it is gone. May be empty.
    std::function<void(const std::string& secret, std::vector<WatchedFile>)> watch_secret;
  };

  ConfigStore(event::Loop& loop, upstream::DnsResolver& resolver, compile::CompileOptions options,
              Hooks hooks);
  ~ConfigStore();

  // Takes the static resources of a bootstrap; they stay for good. All problems, a line each.
  std::vector<std::string> AddStatic(const envoy::config::bootstrap::v3::Bootstrap& bootstrap);

  // ResourceSink:
  std::string NameOf(ResourceType type, std::string_view body) override;
  std::vector<Rejection> OnResources(ResourceType type, std::vector<Received> changed,
                                     std::vector<std::string> removed) override;
  void WhenServed(absl::AnyInvocable<void()> then) override;
  std::vector<std::string> UnsupportedFields() const override;

  // Who serves a resource that is asked for by name.
  compile::ResourceSource SourceOf(ResourceType type, const std::string& name) const {
    return ledger_.SourceOf(type, name);
  }

  // Takes a secret anew, as the files that it names were replaced.
  // Errors: as OnResources; the old one serves on.
  absl::Status ReadSecretAgain(const std::string& name);

  // What is accepted now, by name; static resources included.
  const std::map<std::string, RawResource>& raw(ResourceType type) const {
    return ledger_.all(type);
  }
  bool is_static(ResourceType type, const std::string& name) const {
    return ledger_.is_static(type, name);
  }

  // All that was taken is serving: nothing waits to become warm.
  bool settled() const { return settled_; }
  const std::shared_ptr<const config::Snapshot>& snapshot() const { return snapshot_; }

 private:
  using Secrets = std::vector<std::shared_ptr<const compile::CompiledSecret>>;

  // One resource that serves, and the one that will once it is warm.
  template <typename T>
  struct Slot {
    std::shared_ptr<const T> current;
    std::shared_ptr<const T> next;
    int64_t deadline_ms = 0;  // Of `next`, or of the removal.
  };
  struct ClusterSlot : Slot<compile::CompiledCluster> {
    // What `current` was bound to, and with which secrets.
    std::shared_ptr<const compile::CompiledCluster> bound_from;
    Secrets bound_secrets;
    std::shared_ptr<const config::Cluster> bound;
    // Its endpoints, and what they were made of.
    std::shared_ptr<const compile::CompiledCluster> endpoints_for;
    uint64_t endpoints_serial = 0;
    std::shared_ptr<const config::EndpointSet> endpoints;
    std::unique_ptr<upstream::DnsCluster> dns;
    // The same for `next`, while it becomes warm.
    std::unique_ptr<upstream::DnsCluster> next_dns;
    std::shared_ptr<const compile::CompiledCluster> next_dns_of;
  };
  using TableSlot = Slot<compile::CompiledRouteTable>;
  struct ListenerSlot : Slot<compile::CompiledListener> {
    std::shared_ptr<const compile::CompiledListener> bound_from;
    Secrets bound_secrets;
    std::vector<std::shared_ptr<const router::Router>> bound_routers;
    std::shared_ptr<const config::Listener> bound;
  };

  // Taking.
  absl::Status Take(ResourceType type, const Received& resource, RawResource& raw);
  absl::Status CheckReferences(ResourceType type, const std::string& name,
                               const compile::CompileContext& context) const;
  absl::Status TakeCluster(const Received& resource, compile::CompileContext& context);
  absl::Status TakeEndpoints(const Received& resource, compile::CompileContext& context);
  absl::Status TakeListener(const Received& resource, compile::CompileContext& context);
  absl::Status TakeTable(const Received& resource, compile::CompileContext& context);
  absl::Status TakeSecret(const Received& resource, compile::CompileContext& context);
  absl::Status TakeConsumer(const Received& resource, compile::CompileContext& context);
  // The one that serves under this name, anew; null if there is none.
  std::shared_ptr<const config::Consumer> CurrentConsumer(const std::string& name) const;
  absl::Status CheckUsersOf(const std::string& secret,
                            const std::shared_ptr<const compile::CompiledSecret>& replacement);
  template <typename T, typename S>
  void SetNext(S& slot, T compiled);
  bool Wanted(ResourceType type, const std::string& name) const;
  void Remove(ResourceType type, const std::string& name);
  void RemoveCluster(const std::string& name);
  void RemoveListener(const std::string& name);
  void RemoveTable(const std::string& name);
  void RemoveConsumer(const std::string& name);
  void RemoveAllConsumers();
  // Notes what a slot names, with `current` and `next`.
  void LinkCluster(const std::string& name, const ClusterSlot& slot);
  void LinkListener(const std::string& name, const ListenerSlot& slot);
  void LinkTable(const std::string& name, const TableSlot& slot);
  void FlushInterest();
  void FlushInterest(ResourceType type, ReferenceIndex& index);

  // Becoming warm.
  void Promote();
  void PromoteClusters();
  void PromoteTables();
  void PromoteListeners();
  void DropRemovedClusters();
  bool Warm(const compile::CompiledCluster& cluster, const ClusterSlot& slot) const;
  bool Warm(const compile::CompiledRouteTable& table) const;
  bool Warm(const compile::CompiledListener& listener) const;
  // Without a stream to bring them there are none to wait for.
  bool ConsumersKnown() const { return consumers_arrived_ || !options_.has_ads; }
  bool Due(int64_t deadline_ms) const { return loop_.now_ms() >= deadline_ms; }
  void StartDns(const std::string& name, ClusterSlot& slot);
  // What a table or listener that begins or ceases to serve says of the clusters.
  void CountNamed(const std::vector<std::string>& clusters, int change);
  void ArmDeadline();

  // Binding.
  void OnTurnEnd() override;
  void Changed() { loop_.AtTurnEnd(*this); }
  void OnDeadline() { Publish(); }
  void Publish();
  void BindClusters();
  void BindCluster(const std::string& name, ClusterSlot& slot);
  void BindListeners();
  bool BindListener(ListenerSlot& slot);
  bool BindConsumers();
  std::shared_ptr<const config::EndpointSet> EndpointsOf(ClusterSlot& slot);
  std::shared_ptr<const router::Router> RouterOf(const std::string& table) const;
  std::shared_ptr<const compile::CompiledSecret> Secret(std::string_view name) const;
  Secrets SecretsOf(const compile::SecretRefs& refs) const;
  bool HaveSecrets(const compile::SecretRefs& refs) const;
  bool HaveSecrets(const compile::CompiledListener& listener) const;

  event::Loop& loop_;
  upstream::DnsResolver& resolver_;
  const compile::CompileOptions options_;
  const Hooks hooks_;

  ResourceLedger ledger_;
  // What UnsupportedFields said last, and of which findings.
  mutable std::vector<std::string> listed_fields_;
  mutable uint64_t listed_revision_ = 0;
  absl::node_hash_map<std::string, ClusterSlot> clusters_;
  std::map<std::string, ListenerSlot> listeners_;  // As snapshots have them.
  absl::node_hash_map<std::string, TableSlot> tables_;
  absl::flat_hash_map<std::string, uint64_t> assignments_;  // Each with a serial number.
  absl::flat_hash_map<std::string, std::shared_ptr<const compile::CompiledSecret>> secrets_;
  uint64_t last_serial_ = 0;

  ReferenceIndex assignment_users_;  // Clusters.
  ReferenceIndex table_users_;       // Listeners.
  ReferenceIndex secret_users_;      // "c" and a cluster's name, "l" and a listener's.
  ReferenceIndex consumer_users_;    // "l" and a listener's name, "t" and a table's.
  absl::flat_hash_map<std::string, uint32_t> named_clusters_;  // By how many that serve.

  // Those with a `next`, and those that go.
  std::set<std::string> waiting_clusters_, waiting_tables_, waiting_listeners_, removed_clusters_;
  // Of which something may be new in the next snapshot.
  std::set<std::string> touched_clusters_, touched_listeners_;
  std::vector<config::ClusterMap::Change> cluster_changes_;
  std::vector<config::ConsumerTable::Change> consumer_changes_;
  bool listeners_changed_ = false;

  config::ClusterMap cluster_map_;
  std::shared_ptr<const config::ConsumerTable> consumers_;  // Null: none are wanted.
  bool consumers_have_findings_ = false;                    // Since the start, one had.
  bool consumers_arrived_ = false;  // Since they are wanted; an answer without any is one.
  std::shared_ptr<const config::Snapshot> snapshot_;
  std::vector<absl::AnyInvocable<void()>> when_served_;  // From the end of the turn on.
  event::MemberTimer<ConfigStore, &ConfigStore::OnDeadline> deadline_{loop_, *this};
  bool settled_ = true;
};

// What more than one of its files asks of a cluster.
const std::string& AssignmentOf(const config::Cluster& cluster);
bool IsDns(const config::Cluster& cluster);

}  // namespace sluice::xdsclient
