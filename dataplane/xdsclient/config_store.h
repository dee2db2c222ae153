// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "dataplane/compile/cluster.h"
#include "dataplane/compile/context.h"
#include "dataplane/compile/endpoints.h"
#include "dataplane/compile/listener.h"
#include "dataplane/compile/reference.h"
#include "dataplane/compile/route_table.h"
#include "dataplane/compile/tls.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/event/loop.h"
#include "dataplane/upstream/dns_cluster.h"
#include "dataplane/upstream/dns_resolver.h"
#include "dataplane/xdsclient/resource_sink.h"
#include "dataplane/xdsclient/resource_type.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"

namespace sluice::xdsclient {

// A resource as it was taken, for dumps and for the disk.
struct RawResource {
  std::string version;
  std::string body;
  std::vector<compile::Finding> findings;  // Fields that it sets and we do not implement.
  // What it refers to that does not come over the aggregated stream.
  std::vector<compile::Reference> references;
  bool reads_files = false;  // What it says depends on files.
  int64_t taken_wall_ns = 0;
};

// A ConfigStore turns resources into snapshots: it compiles each as it comes, keeps the last good
// one, waits until what it refers to is there, and publishes all that is ready at the end of a turn
// in one swap.
//
//   received -compile-> next -warm-> current -bind-> snapshot
//        \-> refused (NACK), the current one serves on
//
// Warm means: a cluster has its endpoints and secrets; a route table's clusters are warm; a
// listener has its route tables and secrets. What is not warm kWarmLimitMs after it came is taken
// as it is (an unknown cluster then answers NC), except that TLS never starts without its secrets.
// A name has one source: a resource that would have it from another than what refers to it already
// is refused. A cluster that was removed stays until no serving route names it, or the same time has passed.
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
    // Binds the addresses of a listener before it is taken.
    std::function<absl::Status(const config::Listener&)> acquire_sockets;
    // The names that are wanted of a type asked for by name.
    std::function<void(ResourceType, std::set<std::string>)> interest;
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

  // What is accepted now, by name; static resources included.
  const std::map<std::string, RawResource>& raw(ResourceType type) const {
    return raw_[static_cast<size_t>(type)];
  }
  bool is_static(ResourceType type, const std::string& name) const {
    return static_[static_cast<size_t>(type)].contains(name);
  }

  // Who serves a resource that is asked for by name.
  compile::ResourceSource SourceOf(ResourceType type, const std::string& name) const;

  // All that was taken is serving: nothing waits to become warm.
  bool settled() const { return settled_; }
  const std::shared_ptr<const config::Snapshot>& snapshot() const { return snapshot_; }

 private:
  // One resource that serves, and the one that will once it is warm.
  template <typename T>
  struct Slot {
    std::shared_ptr<const T> current;
    std::shared_ptr<const T> next;
    int64_t deadline_ms = 0;  // Of `next`, or of the removal.
    bool removed = false;
  };
  struct ClusterSlot : Slot<compile::CompiledCluster> {
    // What `current` was bound to, and with which secrets.
    std::shared_ptr<const compile::CompiledCluster> bound_from;
    std::vector<std::shared_ptr<const compile::CompiledSecret>> bound_secrets;
    std::shared_ptr<const config::Cluster> bound;
    // Its endpoints, and what they were made of.
    std::shared_ptr<const void> endpoints_from;
    std::shared_ptr<const config::EndpointSet> endpoints;
    std::unique_ptr<upstream::DnsCluster> dns;
    // The same for `next`, while it becomes warm.
    std::unique_ptr<upstream::DnsCluster> next_dns;
    std::shared_ptr<const compile::CompiledCluster> next_dns_of;
  };
  struct ListenerSlot : Slot<compile::CompiledListener> {
    std::shared_ptr<const compile::CompiledListener> bound_from;
    std::vector<std::shared_ptr<const compile::CompiledSecret>> bound_secrets;
    std::vector<std::shared_ptr<const router::Router>> bound_routers;
    std::shared_ptr<const config::Listener> bound;
  };
  struct Assignment {
    std::string version;
    std::shared_ptr<const envoy::config::endpoint::v3::ClusterLoadAssignment> message;
  };

  absl::Status Take(ResourceType type, const Received& resource, RawResource& raw);
  absl::Status CheckReferences(ResourceType type, const std::string& name,
                               const compile::CompileContext& context) const;
  absl::Status TakeCluster(const Received& resource, compile::CompileContext& context);
  absl::Status TakeEndpoints(const Received& resource, compile::CompileContext& context);
  absl::Status TakeListener(const Received& resource, compile::CompileContext& context);
  absl::Status TakeRoutes(const Received& resource, compile::CompileContext& context);
  absl::Status TakeSecret(const Received& resource, compile::CompileContext& context);
  void Remove(ResourceType type, const std::string& name);
  template <typename T, typename S>
  void SetNext(S& slot, T compiled);

  void OnTurnEnd() override { Publish(); }
  void Changed() { loop_.AtTurnEnd(*this); }
  void OnDeadline() { Publish(); }
  void UpdateInterest();
  void Publish();
  void Promote();
  bool Warm(const compile::CompiledCluster& cluster, const ClusterSlot& slot) const;
  bool Warm(const compile::CompiledRouteTable& table) const;
  bool Warm(const compile::CompiledListener& listener) const;
  bool HaveSecrets(const compile::SecretRefs& secrets) const;
  void StartDns(ClusterSlot& slot);
  void BindClusters(config::Snapshot& snapshot);
  void BindListeners(config::Snapshot& snapshot);
  std::shared_ptr<const config::EndpointSet> EndpointsOf(ClusterSlot& slot);
  std::shared_ptr<const compile::CompiledSecret> Secret(std::string_view name) const;
  std::vector<std::shared_ptr<const compile::CompiledSecret>> Secrets(
      const compile::SecretRefs& refs) const;
  std::string ContentHash() const;

  event::Loop& loop_;
  upstream::DnsResolver& resolver_;
  const compile::CompileOptions options_;
  const Hooks hooks_;

  std::map<std::string, ClusterSlot> clusters_;
  std::map<std::string, ListenerSlot> listeners_;
  std::map<std::string, Slot<compile::CompiledRouteTable>> routes_;
  std::map<std::string, Assignment> assignments_;
  std::map<std::string, std::shared_ptr<const compile::CompiledSecret>, std::less<>> secrets_;
  std::map<std::string, RawResource> raw_[kResourceTypes];
  std::set<std::string> static_[kResourceTypes];
  // Of what the accepted resources refer to, what does not come over the aggregated stream.
  std::map<std::pair<ResourceType, std::string>, compile::ResourceSource> sources_;

  std::shared_ptr<const config::Snapshot> snapshot_;
  event::MemberTimer<ConfigStore, &ConfigStore::OnDeadline> deadline_{loop_, *this};
  bool settled_ = true;
};

}  // namespace sluice::xdsclient
