// SPDX-License-Identifier: Apache-2.0
#include "dataplane/main/admin_view.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/admin/cluster_tally.h"
#include "dataplane/main/proxy.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/util/json_util.h"

namespace sluice {
namespace {

using admin::ConfigItem;
using xdsclient::ResourceType;

constexpr std::string_view kVersion = "0.1.0";

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return json;
  // An extension that was left out, being optional, may be of a type that is not linked.
  return R"({"error": "the message holds a type that is not known here"})";
}

// With its "@type", as Envoy's dump has resources in an Any.
std::string JsonOf(ResourceType type, const std::string& body) {
  google::protobuf::Any any;
  any.set_type_url(std::string(xdsclient::TypeUrl(type)));
  any.set_value(body);
  return ToJson(any);
}

ConfigItem::Kind KindOf(ResourceType type) {
  switch (type) {
    case ResourceType::kCluster:
      return ConfigItem::Kind::kCluster;
    case ResourceType::kEndpoints:
      return ConfigItem::Kind::kEndpoints;
    case ResourceType::kListener:
      return ConfigItem::Kind::kListener;
    case ResourceType::kRoutes:
      return ConfigItem::Kind::kRoute;
    case ResourceType::kSecret:
      return ConfigItem::Kind::kSecret;
    case ResourceType::kConsumer:
      return ConfigItem::Kind::kConsumer;
  }
  return ConfigItem::Kind::kCluster;
}

}  // namespace

AdminView::AdminView(Proxy& proxy)
    : proxy_(proxy), started_ns_(proxy.loop().clock().MonotonicNs()) {}

admin::ServerState AdminView::state() const {
  switch (proxy_.state()) {
    case Proxy::State::kInitializing:
      return admin::ServerState::kInitializing;
    case Proxy::State::kLive:
      return admin::ServerState::kLive;
    case Proxy::State::kDraining:
      return admin::ServerState::kDraining;
  }
  return admin::ServerState::kInitializing;
}

admin::ServerInfo AdminView::Info() const {
  admin::ServerInfo info;
  info.version = kVersion;
  info.node_id = proxy_.options().bootstrap.node().id();
  info.node_cluster = proxy_.options().bootstrap.node().cluster();
  if (const auto& snapshot = proxy_.config().snapshot(); snapshot != nullptr) {
    info.content_hash = snapshot->content_hash;
    info.snapshot_sequence = snapshot->sequence;
  }
  info.concurrency = proxy_.options().concurrency;
  info.uptime_seconds = (proxy_.loop().clock().MonotonicNs() - started_ns_) / 1'000'000'000;
  return info;
}

std::vector<const telemetry::StatsShard*> AdminView::Stats() const { return proxy_.stats(); }

std::vector<admin::ListenerView> AdminView::Listeners() const {
  std::vector<admin::ListenerView> out;
  const auto& snapshot = proxy_.config().snapshot();
  if (snapshot == nullptr) return out;
  for (const auto& listener : snapshot->listeners) {
    admin::ListenerView view;
    view.name = listener->name;
    for (const auto& address : proxy_.BoundAddresses(*listener)) {
      view.addresses.push_back(address.ToString());
    }
    out.push_back(std::move(view));
  }
  return out;
}

std::vector<admin::UnsupportedField> AdminView::UnsupportedFields() const {
  std::vector<admin::UnsupportedField> out;
  for (const compile::Finding& finding : proxy_.bootstrap_findings()) {
    out.push_back({"bootstrap", finding.path, 1});
  }
  for (const ResourceType type : xdsclient::kAllTypes) {
    for (const auto& [name, raw] : proxy_.config().raw(type)) {
      for (const compile::Finding& finding : raw.findings()) {
        out.push_back(
            {absl::StrCat(xdsclient::TypeName(type), " \"", name, "\""), finding.path, 1});
      }
    }
  }
  return out;
}

void AdminView::VisitConfig(absl::AnyInvocable<void(const ConfigItem&)> visit) const {
  ConfigItem bootstrap;
  bootstrap.kind = ConfigItem::Kind::kBootstrap;
  bootstrap.dynamic = false;
  bootstrap.json = ToJson(proxy_.options().bootstrap);
  visit(bootstrap);
  for (const ResourceType type : xdsclient::kAllTypes) {
    for (const auto& [name, raw] : proxy_.config().raw(type)) {
      ConfigItem item;
      item.kind = KindOf(type);
      item.dynamic = !proxy_.config().is_static(type, name);
      item.name = name;
      item.version = raw.version;
      item.updated_wall_ns = raw.taken_wall_ns;
      item.json = JsonOf(type, raw.body);
      visit(item);
    }
  }
}

void AdminView::ForClusters(absl::AnyInvocable<void(std::vector<admin::ClusterView>)> done) {
  // Shared by the workers until the last of them has added its own.
  struct Gathering {
    admin::ClusterTally tally;
    std::atomic<size_t> waiting;
    absl::AnyInvocable<void(std::vector<admin::ClusterView>)> done;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->waiting = proxy_.workers().size();
  gathering->done = std::move(done);
  for (const auto& worker : proxy_.workers()) {
    worker->VisitClusters(
        [gathering](const upstream::Cluster& cluster) { gathering->tally.Add(cluster); },
        [this, gathering] {
          if (gathering->waiting.fetch_sub(1) != 1) return;
          proxy_.loop().Post([gathering] { gathering->done(gathering->tally.Take()); });
        });
  }
}

void AdminView::Drain() { proxy_.Drain(); }

void AdminView::ReopenLogs() { proxy_.ReopenLogs(); }

void AdminView::Quit() { proxy_.Quit(); }

}  // namespace sluice
