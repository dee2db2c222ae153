// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/config_store.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "dataplane/xdsclient/bind.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"

namespace sluice::xdsclient {
namespace {

using config::Cluster;

template <typename Message>
absl::StatusOr<Message> Parse(ResourceType type, const Received& resource) {
  Message message;
  if (!message.ParseFromString(resource.body)) {
    return absl::InvalidArgumentError(
        absl::StrCat(TypeName(type), " \"", resource.name, "\": its bytes are no such message"));
  }
  return message;
}

const std::string& EdsName(const Cluster& cluster) {
  return cluster.eds_service_name.empty() ? cluster.name : cluster.eds_service_name;
}

bool IsDns(const Cluster& cluster) {
  return cluster.discovery == Cluster::Discovery::kStrictDns ||
         cluster.discovery == Cluster::Discovery::kLogicalDns;
}

ResourceType TypeOf(compile::Reference::Kind kind) {
  switch (kind) {
    case compile::Reference::Kind::kEndpoints:
      return ResourceType::kEndpoints;
    case compile::Reference::Kind::kRoutes:
      return ResourceType::kRoutes;
    case compile::Reference::Kind::kSecret:
      return ResourceType::kSecret;
  }
  return ResourceType::kSecret;
}

}  // namespace

ConfigStore::ConfigStore(event::Loop& loop, upstream::DnsResolver& resolver,
                         compile::CompileOptions options, Hooks hooks)
    : loop_(loop), resolver_(resolver), options_(std::move(options)), hooks_(std::move(hooks)) {}

ConfigStore::~ConfigStore() = default;

// ---- Taking resources ---------------------------------------------------------------------------

std::vector<std::string> ConfigStore::AddStatic(
    const envoy::config::bootstrap::v3::Bootstrap& bootstrap) {
  std::vector<std::string> problems;
  // A cluster may name one that stands behind it.
  for (const auto& cluster : bootstrap.static_resources().clusters()) {
    static_[static_cast<size_t>(ResourceType::kCluster)].insert(cluster.name());
  }
  const auto add = [&](ResourceType type, const auto& messages) {
    for (const auto& message : messages) {
      Received resource{message.name(), "static", message.SerializeAsString()};
      RawResource raw;
      if (absl::Status status = Take(type, resource, raw); !status.ok()) {
        problems.push_back(absl::StrCat("static_resources: ", status.message()));
        continue;
      }
      raw_[static_cast<size_t>(type)][resource.name] = std::move(raw);
      static_[static_cast<size_t>(type)].insert(resource.name);
    }
  };
  add(ResourceType::kSecret, bootstrap.static_resources().secrets());
  add(ResourceType::kCluster, bootstrap.static_resources().clusters());
  add(ResourceType::kListener, bootstrap.static_resources().listeners());
  // What a file says whole has no one to wait for: a route to nowhere is a mistake.
  for (const auto& [name, slot] : listeners_) {
    for (const std::string& cluster : slot.next->clusters) {
      if (clusters_.contains(cluster)) continue;
      problems.push_back(absl::StrCat("static_resources: listener \"", name,
                                      "\": a route goes to the cluster \"", cluster,
                                      "\", which is not among static_resources.clusters"));
    }
  }
  UpdateInterest();
  Changed();
  return problems;
}

std::string ConfigStore::NameOf(ResourceType type, std::string_view body) {
  const auto name = [&](auto message) {
    return message.ParseFromArray(body.data(), static_cast<int>(body.size())) ? message.name()
                                                                              : std::string();
  };
  switch (type) {
    case ResourceType::kCluster:
      return name(envoy::config::cluster::v3::Cluster());
    case ResourceType::kListener:
      return name(envoy::config::listener::v3::Listener());
    case ResourceType::kRoutes:
      return name(envoy::config::route::v3::RouteConfiguration());
    case ResourceType::kSecret:
      return name(envoy::extensions::transport_sockets::tls::v3::Secret());
    case ResourceType::kEndpoints: {
      envoy::config::endpoint::v3::ClusterLoadAssignment message;
      return message.ParseFromArray(body.data(), static_cast<int>(body.size()))
                 ? message.cluster_name()
                 : std::string();
    }
  }
  return "";
}

std::vector<Rejection> ConfigStore::OnResources(ResourceType type, std::vector<Received> changed,
                                                std::vector<std::string> removed) {
  std::vector<Rejection> rejections;
  for (Received& resource : changed) {
    if (is_static(type, resource.name)) {
      rejections.push_back({resource.name, absl::StrCat(TypeName(type), " \"", resource.name,
                                                        "\": the bootstrap has a static one of "
                                                        "this name")});
      continue;
    }
    // State-of-the-world responses repeat all that did not change. Endpoints are taken anew even so
    // (xDS: an equal assignment warms a cluster).
    if (const auto it = raw(type).find(resource.name);
        it != raw(type).end() && type != ResourceType::kEndpoints && !it->second.reads_files &&
        it->second.body == resource.body) {
      raw_[static_cast<size_t>(type)][resource.name].version = resource.version;
      continue;
    }
    RawResource raw;
    absl::Status status = Take(type, resource, raw);
    if (!status.ok()) {
      rejections.push_back({resource.name, std::string(status.message())});
      continue;
    }
    raw_[static_cast<size_t>(type)][resource.name] = std::move(raw);
  }
  for (const std::string& name : removed) {
    if (!is_static(type, name)) Remove(type, name);
  }
  UpdateInterest();
  Changed();
  return rejections;
}

absl::Status ConfigStore::Take(ResourceType type, const Received& resource, RawResource& raw) {
  compile::CompileContext context(options_);
  context.Begin(TypeName(type), resource.name);
  absl::Status status;
  switch (type) {
    case ResourceType::kCluster:
      status = TakeCluster(resource, context);
      break;
    case ResourceType::kEndpoints:
      status = TakeEndpoints(resource, context);
      break;
    case ResourceType::kListener:
      status = TakeListener(resource, context);
      break;
    case ResourceType::kRoutes:
      status = TakeRoutes(resource, context);
      break;
    case ResourceType::kSecret:
      status = TakeSecret(resource, context);
      break;
  }
  if (!status.ok()) return status;
  raw = {.version = resource.version,
         .body = resource.body,
         .findings = context.findings(),
         .references = {},
         .reads_files = context.reads_files(),
         .taken_wall_ns = loop_.clock().WallNs()};
  std::copy_if(context.references().begin(), context.references().end(),
               std::back_inserter(raw.references), [](const compile::Reference& reference) {
                 return reference.source.kind != compile::ResourceSource::Kind::kAds;
               });
  for (const compile::Finding& finding : context.findings()) {
    LOG_FIRST_N(INFO, 100) << TypeName(type) << " \"" << resource.name << "\" sets " << finding.path
                           << ", which has no effect here";
  }
  return absl::OkStatus();
}

absl::Status ConfigStore::CheckReferences(ResourceType type, const std::string& name,
                                          const compile::CompileContext& context) const {
  using Kind = compile::ResourceSource::Kind;
  const auto refused = [&](const auto&... text) {
    return absl::InvalidArgumentError(absl::StrCat(TypeName(type), " \"", name, "\": ", text...));
  };
  for (const compile::Reference& reference : context.references()) {
    const ResourceType wanted = TypeOf(reference.kind);
    const compile::ResourceSource& source = reference.source;
    if (source.kind == Kind::kStatic && !is_static(wanted, reference.name)) {
      return refused("the ", TypeName(wanted), " \"", reference.name,
                     "\" has no source, and is not among static_resources.secrets");
    }
    if (source.kind == Kind::kServer && !is_static(ResourceType::kCluster, source.cluster)) {
      return refused("the source of the ", TypeName(wanted), " \"", reference.name,
                     "\" is the cluster \"", source.cluster,
                     "\", which is not among static_resources.clusters");
    }
    if (source.kind == Kind::kAds || source.kind == Kind::kStatic) continue;
    for (const ResourceType other : {ResourceType::kCluster, ResourceType::kListener}) {
      for (const auto& [owner, resource] : raw(other)) {
        if (other == type && owner == name) continue;  // It may move its own.
        for (const compile::Reference& theirs : resource.references) {
          if (theirs.kind == reference.kind && theirs.name == reference.name &&
              theirs.source != source) {
            return refused("the ", TypeName(wanted), " \"", reference.name, "\" has another source in ",
                           TypeName(other), " \"", owner, "\"");
          }
        }
      }
    }
  }
  return absl::OkStatus();
}

compile::ResourceSource ConfigStore::SourceOf(ResourceType type, const std::string& name) const {
  const auto it = sources_.find({type, name});
  return it == sources_.end() ? compile::ResourceSource() : it->second;
}

template <typename T, typename S>
void ConfigStore::SetNext(S& slot, T compiled) {
  slot.next = std::make_shared<const T>(std::move(compiled));
  slot.deadline_ms = loop_.now_ms() + kWarmLimitMs;
  slot.removed = false;
}

absl::Status ConfigStore::TakeCluster(const Received& resource, compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(
      auto message, Parse<envoy::config::cluster::v3::Cluster>(ResourceType::kCluster, resource));
  SLUICE_ASSIGN_OR_RETURN(compile::CompiledCluster compiled,
                          compile::CompileCluster(message, resource.version, context));
  SLUICE_RETURN_IF_ERROR(CheckReferences(ResourceType::kCluster, resource.name, context));
  // With its secrets there already, a certificate that does not fit is found now, for the NACK.
  if (compiled.cluster.tls != nullptr && HaveSecrets(compiled.secrets)) {
    SLUICE_RETURN_IF_ERROR(
        BindCluster(compiled, [this](std::string_view name) { return Secret(name); }).status());
  }
  SetNext(clusters_[resource.name], std::move(compiled));
  return absl::OkStatus();
}

absl::Status ConfigStore::TakeEndpoints(const Received& resource,
                                        compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(auto message, Parse<envoy::config::endpoint::v3::ClusterLoadAssignment>(
                                            ResourceType::kEndpoints, resource));
  SLUICE_RETURN_IF_ERROR(
      compile::CompileEndpoints(message, resource.version, compile::EndpointRules{}, context)
          .status());
  assignments_[resource.name] = {
      resource.version, std::make_shared<const envoy::config::endpoint::v3::ClusterLoadAssignment>(
                            std::move(message))};
  return absl::OkStatus();
}

absl::Status ConfigStore::TakeListener(const Received& resource, compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(auto message, Parse<envoy::config::listener::v3::Listener>(
                                            ResourceType::kListener, resource));
  SLUICE_ASSIGN_OR_RETURN(compile::CompiledListener compiled,
                          compile::CompileListener(message, resource.version, context));
  SLUICE_RETURN_IF_ERROR(CheckReferences(ResourceType::kListener, resource.name, context));
  const bool have_secrets =
      std::all_of(compiled.chain_secrets.begin(), compiled.chain_secrets.end(),
                  [this](const compile::SecretRefs& refs) { return HaveSecrets(refs); });
  if (have_secrets) {
    SLUICE_RETURN_IF_ERROR(BindListener(
                               compiled, [this](std::string_view name) { return Secret(name); },
                               [](std::string_view) { return nullptr; }, nullptr, true)
                               .status());
  }
  SLUICE_RETURN_IF_ERROR(hooks_.acquire_sockets(compiled.listener));
  SetNext(listeners_[resource.name], std::move(compiled));
  return absl::OkStatus();
}

absl::Status ConfigStore::TakeRoutes(const Received& resource, compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(auto message, Parse<envoy::config::route::v3::RouteConfiguration>(
                                            ResourceType::kRoutes, resource));
  SLUICE_ASSIGN_OR_RETURN(compile::CompiledRouteTable compiled,
                          compile::CompileRouteTable(message, resource.version, context));
  SetNext(routes_[resource.name], std::move(compiled));
  return absl::OkStatus();
}

absl::Status ConfigStore::TakeSecret(const Received& resource, compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(auto message,
                          Parse<envoy::extensions::transport_sockets::tls::v3::Secret>(
                              ResourceType::kSecret, resource));
  SLUICE_ASSIGN_OR_RETURN(compile::CompiledSecret compiled,
                          compile::CompileSecret(message, context));
  auto secret = std::make_shared<const compile::CompiledSecret>(std::move(compiled));
  // A secret that would break what uses it is refused; the old one serves on.
  const auto with_new = [&](std::string_view name) {
    return name == resource.name ? secret : Secret(name);
  };
  const auto uses = [&](const compile::SecretRefs& refs) {
    return refs.validation == resource.name ||
           std::find(refs.certificates.begin(), refs.certificates.end(), resource.name) !=
               refs.certificates.end();
  };
  for (const auto& [name, slot] : clusters_) {
    const auto& user = slot.next != nullptr ? slot.next : slot.current;
    if (user == nullptr || !uses(user->secrets)) continue;
    absl::Status status = BindCluster(*user, with_new).status();
    if (!status.ok() && !absl::IsUnavailable(status)) return status;
  }
  for (const auto& [name, slot] : listeners_) {
    const auto& user = slot.next != nullptr ? slot.next : slot.current;
    if (user == nullptr ||
        std::none_of(user->chain_secrets.begin(), user->chain_secrets.end(), uses))
      continue;
    absl::Status status =
        BindListener(
            *user, with_new, [](std::string_view) { return nullptr; }, nullptr, true)
            .status();
    if (!status.ok() && !absl::IsUnavailable(status)) return status;
  }
  secrets_[resource.name] = std::move(secret);
  return absl::OkStatus();
}

void ConfigStore::Remove(ResourceType type, const std::string& name) {
  raw_[static_cast<size_t>(type)].erase(name);
  switch (type) {
    case ResourceType::kCluster:
      if (auto it = clusters_.find(name); it != clusters_.end()) {
        it->second.next = nullptr;
        it->second.removed = true;
        it->second.deadline_ms = loop_.now_ms() + kWarmLimitMs;
      }
      break;
    case ResourceType::kListener:
      listeners_.erase(name);
      break;
    case ResourceType::kRoutes:
      routes_.erase(name);
      break;
    case ResourceType::kEndpoints:
      assignments_.erase(name);
      break;
    case ResourceType::kSecret:
      secrets_.erase(name);
      break;
  }
}

void ConfigStore::UpdateInterest() {
  std::set<std::string> endpoints, routes, secrets;
  const auto add_secrets = [&](const compile::SecretRefs& refs) {
    secrets.insert(refs.certificates.begin(), refs.certificates.end());
    if (!refs.validation.empty()) secrets.insert(refs.validation);
  };
  for (const auto& [name, slot] : clusters_) {
    for (const auto& compiled : {slot.current, slot.next}) {
      if (compiled == nullptr) continue;
      if (compiled->cluster.discovery == Cluster::Discovery::kEds) {
        endpoints.insert(EdsName(compiled->cluster));
      }
      add_secrets(compiled->secrets);
    }
  }
  for (const auto& [name, slot] : listeners_) {
    for (const auto& compiled : {slot.current, slot.next}) {
      if (compiled == nullptr) continue;
      routes.insert(compiled->route_tables.begin(), compiled->route_tables.end());
      for (const compile::SecretRefs& refs : compiled->chain_secrets) add_secrets(refs);
    }
  }
  // What nobody names any more goes with its last user.
  std::erase_if(routes_, [&](const auto& entry) { return !routes.contains(entry.first); });
  std::erase_if(assignments_, [&](const auto& entry) { return !endpoints.contains(entry.first); });
  for (const auto& [type, names] : {std::pair(ResourceType::kRoutes, &routes),
                                    std::pair(ResourceType::kEndpoints, &endpoints)}) {
    std::erase_if(raw_[static_cast<size_t>(type)],
                  [&](const auto& entry) { return !names->contains(entry.first); });
  }
  for (const std::string& name : static_[static_cast<size_t>(ResourceType::kSecret)]) {
    secrets.erase(name);
  }
  sources_.clear();
  for (const ResourceType type : {ResourceType::kCluster, ResourceType::kListener}) {
    for (const auto& [name, resource] : raw(type)) {
      for (const compile::Reference& reference : resource.references) {
        sources_[{TypeOf(reference.kind), reference.name}] = reference.source;
      }
    }
  }
  hooks_.interest(ResourceType::kEndpoints, std::move(endpoints));
  hooks_.interest(ResourceType::kRoutes, std::move(routes));
  hooks_.interest(ResourceType::kSecret, std::move(secrets));
}

// ---- Becoming warm ------------------------------------------------------------------------------

std::shared_ptr<const compile::CompiledSecret> ConfigStore::Secret(std::string_view name) const {
  const auto it = secrets_.find(name);
  return it == secrets_.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<const compile::CompiledSecret>> ConfigStore::Secrets(
    const compile::SecretRefs& refs) const {
  std::vector<std::shared_ptr<const compile::CompiledSecret>> out;
  for (const std::string& name : refs.certificates) out.push_back(Secret(name));
  if (!refs.validation.empty()) out.push_back(Secret(refs.validation));
  return out;
}

bool ConfigStore::HaveSecrets(const compile::SecretRefs& refs) const {
  for (const auto& secret : Secrets(refs)) {
    if (secret == nullptr) return false;
  }
  return true;
}

bool ConfigStore::Warm(const compile::CompiledCluster& compiled, const ClusterSlot& slot) const {
  if (!HaveSecrets(compiled.secrets)) return false;
  switch (compiled.cluster.discovery) {
    case Cluster::Discovery::kStatic:
      return true;
    case Cluster::Discovery::kEds:
      return assignments_.contains(EdsName(compiled.cluster));
    case Cluster::Discovery::kStrictDns:
    case Cluster::Discovery::kLogicalDns:
      return slot.next_dns != nullptr && slot.next_dns->endpoints() != nullptr;
  }
  return true;
}

bool ConfigStore::Warm(const compile::CompiledRouteTable& table) const {
  for (const std::string& name : table.clusters) {
    const auto it = clusters_.find(name);
    if (it == clusters_.end() || it->second.current == nullptr) return false;
  }
  return true;
}

bool ConfigStore::Warm(const compile::CompiledListener& listener) const {
  for (const std::string& name : listener.route_tables) {
    const auto it = routes_.find(name);
    if (it == routes_.end() || it->second.current == nullptr) return false;
  }
  return true;
}

// Looks the names of `next` up, if it has any, beside those of `current`.
void ConfigStore::StartDns(ClusterSlot& slot) {
  if (slot.next_dns_of == slot.next) return;
  slot.next_dns_of = slot.next;
  slot.next_dns = nullptr;
  if (!IsDns(slot.next->cluster)) return;
  slot.next_dns = std::make_unique<upstream::DnsCluster>(
      loop_, resolver_, std::shared_ptr<const Cluster>(slot.next, &slot.next->cluster),
      [this](std::shared_ptr<const config::EndpointSet>) { Changed(); });
}

void ConfigStore::Promote() {
  const int64_t now = loop_.now_ms();
  for (auto& [name, slot] : clusters_) {
    if (slot.next == nullptr) continue;
    StartDns(slot);
    const bool late = now >= slot.deadline_ms && HaveSecrets(slot.next->secrets);
    if (!Warm(*slot.next, slot) && !late) continue;
    slot.current = std::move(slot.next);
    slot.dns = std::move(slot.next_dns);
    slot.next_dns_of = nullptr;
  }
  for (auto& [name, slot] : routes_) {
    if (slot.next == nullptr) continue;
    if (Warm(*slot.next) || now >= slot.deadline_ms) slot.current = std::move(slot.next);
  }
  for (auto& [name, slot] : listeners_) {
    if (slot.next == nullptr) continue;
    const bool have_secrets =
        std::all_of(slot.next->chain_secrets.begin(), slot.next->chain_secrets.end(),
                    [this](const compile::SecretRefs& refs) { return HaveSecrets(refs); });
    if (have_secrets && (Warm(*slot.next) || now >= slot.deadline_ms)) {
      slot.current = std::move(slot.next);
    }
  }
  std::set<std::string_view> named;
  for (const auto& [name, slot] : routes_) {
    if (slot.current != nullptr)
      named.insert(slot.current->clusters.begin(), slot.current->clusters.end());
  }
  for (const auto& [name, slot] : listeners_) {
    if (slot.current != nullptr)
      named.insert(slot.current->clusters.begin(), slot.current->clusters.end());
  }
  std::erase_if(clusters_, [&](const auto& entry) {
    return entry.second.removed &&
           (!named.contains(entry.first) || now >= entry.second.deadline_ms);
  });
}

// ---- Publishing ---------------------------------------------------------------------------------

std::shared_ptr<const config::EndpointSet> ConfigStore::EndpointsOf(ClusterSlot& slot) {
  const compile::CompiledCluster& compiled = *slot.current;
  if (IsDns(compiled.cluster)) return slot.dns->endpoints();
  std::shared_ptr<const void> from = slot.current;
  if (compiled.cluster.discovery == Cluster::Discovery::kEds) {
    const auto it = assignments_.find(EdsName(compiled.cluster));
    // A cluster whose assignment went away keeps the last one.
    if (it == assignments_.end()) return slot.endpoints;
    from = it->second.message;
    if (slot.endpoints_from == from) return slot.endpoints;
    compile::CompileContext context(options_);
    context.Begin("endpoints", it->first);
    auto endpoints = compile::CompileEndpoints(*it->second.message, it->second.version,
                                               compiled.endpoint_rules, context);
    if (!endpoints.ok()) return slot.endpoints;  // It compiled when it came.
    slot.endpoints = std::make_shared<const config::EndpointSet>(*std::move(endpoints));
  } else if (slot.endpoints_from != from) {
    slot.endpoints = std::make_shared<const config::EndpointSet>(compiled.cluster.endpoints);
  }
  slot.endpoints_from = std::move(from);
  return slot.endpoints;
}

void ConfigStore::BindClusters(config::Snapshot& snapshot) {
  static const auto* const kNone =
      new std::shared_ptr<const config::EndpointSet>(std::make_shared<const config::EndpointSet>());
  for (auto& [name, slot] : clusters_) {
    if (slot.current == nullptr) continue;
    auto secrets = Secrets(slot.current->secrets);
    if (slot.bound_from != slot.current || slot.bound_secrets != secrets) {
      auto bound =
          BindCluster(*slot.current, [this](std::string_view secret) { return Secret(secret); });
      if (bound.ok()) {
        slot.bound = *std::move(bound);
        slot.bound_from = slot.current;
        slot.bound_secrets = std::move(secrets);
      } else {
        LOG(ERROR) << bound.status().message() << "; serving on as before";
      }
    }
    if (slot.bound == nullptr) continue;
    std::shared_ptr<const config::EndpointSet> endpoints = EndpointsOf(slot);
    snapshot.clusters[name] = {slot.bound, endpoints != nullptr ? std::move(endpoints) : *kNone};
  }
}

void ConfigStore::BindListeners(config::Snapshot& snapshot) {
  const auto find_router = [this](std::string_view name) {
    const auto it = routes_.find(std::string(name));
    return it == routes_.end() || it->second.current == nullptr ? nullptr
                                                                : it->second.current->router;
  };
  for (auto& [name, slot] : listeners_) {
    if (slot.current == nullptr) continue;
    std::vector<std::shared_ptr<const compile::CompiledSecret>> secrets;
    for (const compile::SecretRefs& refs : slot.current->chain_secrets) {
      for (auto& secret : Secrets(refs)) secrets.push_back(std::move(secret));
    }
    std::vector<std::shared_ptr<const router::Router>> routers;
    for (const std::string& table : slot.current->route_tables)
      routers.push_back(find_router(table));
    const bool same_listener = slot.bound_from == slot.current;
    if (!same_listener || slot.bound_secrets != secrets || slot.bound_routers != routers) {
      auto bound = BindListener(
          *slot.current, [this](std::string_view secret) { return Secret(secret); }, find_router,
          same_listener ? slot.bound.get() : nullptr, slot.bound_secrets != secrets);
      if (bound.ok()) {
        slot.bound = *std::move(bound);
        slot.bound_from = slot.current;
        slot.bound_secrets = std::move(secrets);
        slot.bound_routers = std::move(routers);
      } else {
        LOG(ERROR) << bound.status().message() << "; serving on as before";
      }
    }
    if (slot.bound != nullptr) snapshot.listeners.push_back(slot.bound);
  }
}

void ConfigStore::Publish() {
  Promote();
  // A promotion may free references to what the old one named.
  UpdateInterest();
  auto snapshot = std::make_shared<config::Snapshot>();
  BindClusters(*snapshot);
  BindListeners(*snapshot);

  int64_t next_deadline = std::numeric_limits<int64_t>::max();
  const auto waits = [&](const auto& slots) {
    for (const auto& [name, slot] : slots) {
      if (slot.next != nullptr || slot.removed) {
        next_deadline = std::min(next_deadline, slot.deadline_ms);
      }
    }
  };
  waits(clusters_);
  waits(routes_);
  waits(listeners_);
  settled_ = next_deadline == std::numeric_limits<int64_t>::max();
  if (!settled_) {
    // One that is past its limit waits for a secret, which will wake us.
    if (next_deadline > loop_.now_ms()) deadline_.Arm(next_deadline - loop_.now_ms());
  } else {
    deadline_.Disarm();
  }

  const auto same_cluster = [](const config::ClusterEntry& a, const config::ClusterEntry& b) {
    return a.cluster == b.cluster && a.endpoints == b.endpoints;
  };
  if (snapshot_ != nullptr && snapshot_->listeners == snapshot->listeners &&
      snapshot_->clusters.size() == snapshot->clusters.size() &&
      std::all_of(snapshot->clusters.begin(), snapshot->clusters.end(), [&](const auto& entry) {
        const auto it = snapshot_->clusters.find(entry.first);
        return it != snapshot_->clusters.end() && same_cluster(it->second, entry.second);
      })) {
    return;
  }
  snapshot->sequence = snapshot_ == nullptr ? 1 : snapshot_->sequence + 1;
  snapshot->content_hash = ContentHash();
  snapshot_ = std::move(snapshot);
  hooks_.publish(snapshot_);
}

// FNV-1a over all names and versions, in order: the same resources, the same hash, on every proxy.
std::string ConfigStore::ContentHash() const {
  uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;
  };
  for (const ResourceType type : kAllTypes) {
    mix(TypeName(type));
    for (const auto& [name, resource] : raw(type)) {
      mix(name);
      mix(resource.version);
      if (resource.version == "static") mix(resource.body);
    }
  }
  return absl::StrFormat("%016x", hash);
}

}  // namespace sluice::xdsclient
