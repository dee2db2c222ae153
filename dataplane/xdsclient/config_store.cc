// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/config_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/consumer.h"
#include "dataplane/compile/endpoints.h"
#include "dataplane/xdsclient/bind.h"
#include "dataplane/xdsclient/field_listing.h"
#include "dataplane/xdsclient/resource_name.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "sluice/identity/v1/consumer.pb.h"

namespace sluice::xdsclient {
namespace {

const std::string& OwnName(const envoy::config::endpoint::v3::ClusterLoadAssignment& assignment) {
  return assignment.cluster_name();
}

template <typename Message>
const std::string& OwnName(const Message& message) {
  return message.name();
}

// A resource is known by one name alone: two that differ would be found by one and serve, and be
// counted, by the other.
template <typename Message>
absl::StatusOr<Message> Parse(ResourceType type, const Received& resource) {
  Message message;
  if (!message.ParseFromString(resource.body)) {
    return absl::InvalidArgumentError(
        absl::StrCat(TypeName(type), " \"", resource.name, "\": its bytes are no such message"));
  }
  if (OwnName(message) != resource.name) {
    return absl::InvalidArgumentError(absl::StrCat(TypeName(type), " \"", resource.name,
                                                   "\": names itself \"", OwnName(message), "\""));
  }
  return message;
}

}  // namespace

const std::string& AssignmentOf(const config::Cluster& cluster) {
  return cluster.eds_service_name.empty() ? cluster.name : cluster.eds_service_name;
}

bool IsDns(const config::Cluster& cluster) {
  return cluster.discovery == config::Cluster::Discovery::kStrictDns ||
         cluster.discovery == config::Cluster::Discovery::kLogicalDns;
}

ConfigStore::ConfigStore(event::Loop& loop, upstream::DnsResolver& resolver,
                         compile::CompileOptions options, Hooks hooks)
    : loop_(loop), resolver_(resolver), options_(std::move(options)), hooks_(std::move(hooks)) {}

ConfigStore::~ConfigStore() = default;

std::vector<std::string> ConfigStore::AddStatic(
    const envoy::config::bootstrap::v3::Bootstrap& bootstrap) {
  std::vector<std::string> problems;
  // A cluster may name one that stands behind it.
  for (const auto& cluster : bootstrap.static_resources().clusters()) {
    ledger_.MarkStatic(ResourceType::kCluster, cluster.name());
  }
  const auto add = [&](ResourceType type, const auto& messages) {
    std::set<std::string> names;
    for (const auto& message : messages) {
      if (!message.name().empty() && !names.insert(message.name()).second) {
        problems.push_back(absl::StrCat("static_resources: there are two of ", TypeName(type),
                                        " \"", message.name(), "\""));
      }
      Received resource{message.name(), "static", message.SerializeAsString()};
      RawResource raw;
      if (absl::Status status = Take(type, resource, raw); !status.ok()) {
        problems.push_back(absl::StrCat("static_resources: ", status.message()));
        continue;
      }
      ledger_.MarkStatic(type, resource.name);
      ledger_.Put(type, resource.name, std::move(raw));
    }
  };
  add(ResourceType::kSecret, bootstrap.static_resources().secrets());
  add(ResourceType::kCluster, bootstrap.static_resources().clusters());
  // One without a name is called by its place; Envoy makes up an id.
  auto listeners = bootstrap.static_resources().listeners();
  for (int i = 0; i < listeners.size(); ++i) {
    if (!listeners.Get(i).name().empty()) continue;
    listeners.Mutable(i)->set_name(absl::StrCat("static_resources.listeners[", i, "]"));
  }
  add(ResourceType::kListener, listeners);
  // What a file says whole has no one to wait for: a route to nowhere is a mistake.
  for (const auto& [name, slot] : listeners_) {
    for (const std::string& cluster : slot.next->clusters) {
      if (clusters_.contains(cluster)) continue;
      problems.push_back(absl::StrCat("static_resources: listener \"", name,
                                      "\": a route goes to the cluster \"", cluster,
                                      "\", which is not among static_resources.clusters"));
    }
  }
  FlushInterest();
  Changed();
  return problems;
}

std::string ConfigStore::NameOf(ResourceType type, std::string_view body) {
  return NameInBody(type, body);
}

std::vector<Rejection> ConfigStore::OnResources(ResourceType type, std::vector<Received> changed,
                                                std::vector<std::string> removed) {
  std::vector<Rejection> rejections;
  // Also from the disk: what served last is there then. What comes when nobody asks is no answer.
  if (type == ResourceType::kConsumer && consumer_users_.named(kAllOfThem)) {
    consumers_arrived_ = true;
  }
  // First: what is removed may hold an address that what is new wants.
  for (const std::string& name : removed) {
    if (!is_static(type, name)) Remove(type, name);
  }
  for (Received& resource : changed) {
    if (is_static(type, resource.name)) {
      rejections.push_back({resource.name, absl::StrCat(TypeName(type), " \"", resource.name,
                                                        "\": the bootstrap has a static one of "
                                                        "this name")});
      continue;
    }
    // A state of the world says everything again at each change of anything.
    const RawResource* known = ledger_.Find(type, resource.name);
    if (known != nullptr && !known->reads_files() && known->body == resource.body) {
      ledger_.SetVersion(type, resource.name, std::move(resource.version));
      continue;
    }
    RawResource raw;
    absl::Status status = Take(type, resource, raw);
    if (!status.ok()) {
      rejections.push_back({resource.name, std::string(status.message())});
      continue;
    }
    ledger_.Put(type, resource.name, std::move(raw));
    if (!Wanted(type, resource.name)) Remove(type, resource.name);
  }
  FlushInterest();
  Changed();
  return rejections;
}

absl::Status ConfigStore::ReadSecretAgain(const std::string& name) {
  const RawResource* known = ledger_.Find(ResourceType::kSecret, name);
  if (known == nullptr) return absl::OkStatus();
  const Received resource{name, known->version, known->body};
  RawResource raw;
  SLUICE_RETURN_IF_ERROR(Take(ResourceType::kSecret, resource, raw));
  ledger_.Put(ResourceType::kSecret, name, std::move(raw));
  Changed();
  return absl::OkStatus();
}

// Asked for with every answer to the control plane: made anew only when something is new.
std::vector<std::string> ConfigStore::UnsupportedFields() const {
  if (listed_revision_ == ledger_.findings_revision()) return listed_fields_;
  FieldListing listing;
  for (const ResourceType type : kAllTypes) {
    // There may be a hundred thousand, all alike, and this is asked at each answer.
    if (type == ResourceType::kConsumer && !consumers_have_findings_) continue;
    for (const auto& [name, raw] : raw(type)) {
      listing.Add(type, name, raw.findings());
    }
  }
  listed_fields_ = listing.Lines();
  listed_revision_ = ledger_.findings_revision();
  return listed_fields_;
}

// ---- Taking resources ---------------------------------------------------------------------------

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
      status = TakeTable(resource, context);
      break;
    case ResourceType::kSecret:
      status = TakeSecret(resource, context);
      break;
    case ResourceType::kConsumer:
      status = TakeConsumer(resource, context);
      break;
  }
  if (!status.ok()) return status;
  raw.version = resource.version;
  raw.body = resource.body;
  raw.taken_wall_ns = loop_.clock().WallNs();
  RawResource::Notes notes{
      .findings = context.findings(), .references = {}, .reads_files = context.reads_files()};
  std::copy_if(context.references().begin(), context.references().end(),
               std::back_inserter(notes.references), [](const compile::Reference& reference) {
                 return reference.source.kind != compile::ResourceSource::Kind::kAds;
               });
  raw.Note(std::move(notes));
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
      return refused("the ", TypeName(wanted), " \"", reference.name,
                     "\" comes from the cluster \"", source.cluster,
                     "\", which is not among static_resources.clusters");
    }
    if (source.kind == Kind::kAds || source.kind == Kind::kStatic) continue;
    for (const auto& [owner, theirs] : ledger_.SourcesOf(wanted, reference.name)) {
      // It may move its own.
      if (theirs == source || owner == std::pair(type, name)) continue;
      return refused("the ", TypeName(wanted), " \"", reference.name, "\" has another source in ",
                     TypeName(owner.first), " \"", owner.second, "\"");
    }
  }
  return absl::OkStatus();
}

template <typename T, typename S>
void ConfigStore::SetNext(S& slot, T compiled) {
  slot.next = std::make_shared<const T>(std::move(compiled));
  slot.deadline_ms = loop_.now_ms() + kWarmLimitMs;
}

absl::Status ConfigStore::TakeCluster(const Received& resource, compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(
      auto message, Parse<envoy::config::cluster::v3::Cluster>(ResourceType::kCluster, resource));
  SLUICE_ASSIGN_OR_RETURN(compile::CompiledCluster compiled,
                          compile::CompileCluster(message, resource.version, context));
  SLUICE_RETURN_IF_ERROR(CheckReferences(ResourceType::kCluster, resource.name, context));
  // With its secrets there already, a certificate that does not fit is found now, for the NACK.
  if (compiled.cluster.tls != nullptr && HaveSecrets(compiled.secrets)) {
    SLUICE_RETURN_IF_ERROR(xdsclient::BindCluster(compiled, [this](std::string_view name) {
                             return Secret(name);
                           }).status());
  }
  ClusterSlot& slot = clusters_[resource.name];
  SetNext(slot, std::move(compiled));
  waiting_clusters_.insert(resource.name);
  removed_clusters_.erase(resource.name);
  LinkCluster(resource.name, slot);
  return absl::OkStatus();
}

absl::Status ConfigStore::TakeEndpoints(const Received& resource,
                                        compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(auto message, Parse<envoy::config::endpoint::v3::ClusterLoadAssignment>(
                                            ResourceType::kEndpoints, resource));
  SLUICE_RETURN_IF_ERROR(
      compile::CompileEndpoints(message, resource.version, compile::EndpointRules{}, context)
          .status());
  assignments_[resource.name] = ++last_serial_;
  const ReferenceIndex::Users& users = assignment_users_.UsersOf(resource.name);
  touched_clusters_.insert(users.begin(), users.end());
  return absl::OkStatus();
}

absl::Status ConfigStore::TakeListener(const Received& resource, compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(auto message, Parse<envoy::config::listener::v3::Listener>(
                                            ResourceType::kListener, resource));
  if (resource.name.empty()) return absl::InvalidArgumentError("listener \"\": name: is empty");
  SLUICE_ASSIGN_OR_RETURN(compile::CompiledListener compiled,
                          compile::CompileListener(message, resource.version, context));
  SLUICE_RETURN_IF_ERROR(CheckReferences(ResourceType::kListener, resource.name, context));
  if (HaveSecrets(compiled)) {
    SLUICE_RETURN_IF_ERROR(xdsclient::BindListener(
                               compiled, [this](std::string_view name) { return Secret(name); },
                               [](std::string_view) { return nullptr; }, nullptr, true)
                               .status());
  }
  SLUICE_RETURN_IF_ERROR(hooks_.acquire_sockets(compiled.listener));
  ListenerSlot& slot = listeners_[resource.name];
  SetNext(slot, std::move(compiled));
  waiting_listeners_.insert(resource.name);
  LinkListener(resource.name, slot);
  return absl::OkStatus();
}

absl::Status ConfigStore::TakeTable(const Received& resource, compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(auto message, Parse<envoy::config::route::v3::RouteConfiguration>(
                                            ResourceType::kRoutes, resource));
  SLUICE_ASSIGN_OR_RETURN(compile::CompiledRouteTable compiled,
                          compile::CompileRouteTable(message, resource.version, context));
  TableSlot& slot = tables_[resource.name];
  SetNext(slot, std::move(compiled));
  waiting_tables_.insert(resource.name);
  LinkTable(resource.name, slot);
  return absl::OkStatus();
}

absl::Status ConfigStore::TakeConsumer(const Received& resource, compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(auto message,
                          Parse<identity::v1::Consumer>(ResourceType::kConsumer, resource));
  SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<const config::Consumer> consumer,
                          compile::CompileConsumer(message, context));
  if (consumer->name() != resource.name) {
    return context.ErrorAt("name",
                           absl::StrCat("is not that of the resource, \"", resource.name, "\""));
  }
  consumer_changes_.push_back({CurrentConsumer(resource.name), std::move(consumer)});
  consumers_have_findings_ |= !context.findings().empty();
  return absl::OkStatus();
}

// Not kept beside the table: of a hundred thousand one changes now and then.
std::shared_ptr<const config::Consumer> ConfigStore::CurrentConsumer(
    const std::string& name) const {
  const RawResource* raw = ledger_.Find(ResourceType::kConsumer, name);
  identity::v1::Consumer message;
  if (raw == nullptr || !message.ParseFromString(raw->body)) return nullptr;
  compile::CompileContext context(options_);
  auto consumer = compile::CompileConsumer(message, context);
  return consumer.ok() ? *std::move(consumer) : nullptr;
}

absl::Status ConfigStore::TakeSecret(const Received& resource, compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(auto message,
                          Parse<envoy::extensions::transport_sockets::tls::v3::Secret>(
                              ResourceType::kSecret, resource));
  SLUICE_ASSIGN_OR_RETURN(compile::CompiledSecret compiled,
                          compile::CompileSecret(message, context));
  auto secret = std::make_shared<const compile::CompiledSecret>(std::move(compiled));
  SLUICE_RETURN_IF_ERROR(CheckUsersOf(resource.name, secret));
  secrets_[resource.name] = std::move(secret);
  for (const std::string& user : secret_users_.UsersOf(resource.name)) {
    (user[0] == 'c' ? touched_clusters_ : touched_listeners_).insert(user.substr(1));
  }
  if (hooks_.watch_secret) hooks_.watch_secret(resource.name, SecretFiles(message));
  return absl::OkStatus();
}

// A secret that would break what uses it is refused; the old one serves on.
absl::Status ConfigStore::CheckUsersOf(
    const std::string& secret, const std::shared_ptr<const compile::CompiledSecret>& replacement) {
  const auto with_new = [&](std::string_view name) {
    return name == secret ? replacement : Secret(name);
  };
  for (const std::string& user : secret_users_.UsersOf(secret)) {
    const std::string name = user.substr(1);
    absl::Status status;
    if (user[0] == 'c') {
      const ClusterSlot& slot = clusters_.at(name);
      status = xdsclient::BindCluster(slot.next != nullptr ? *slot.next : *slot.current, with_new)
                   .status();
    } else {
      const ListenerSlot& slot = listeners_.at(name);
      status = xdsclient::BindListener(
                   slot.next != nullptr ? *slot.next : *slot.current, with_new,
                   [](std::string_view) { return nullptr; }, nullptr, true)
                   .status();
    }
    if (!status.ok() && !absl::IsUnavailable(status)) return status;
  }
  return absl::OkStatus();
}

}  // namespace sluice::xdsclient
