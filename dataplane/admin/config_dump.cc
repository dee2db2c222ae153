// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/config_dump.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "dataplane/admin/redact.h"

namespace sluice::admin {
namespace {

using Json = nlohmann::ordered_json;
using Kind = ConfigItem::Kind;

// How envoy.admin.v3 names the parts of one kind; consumers are named alike.
struct Section {
  Kind kind;
  std::string_view type;      // After "envoy.admin.v3.", or whole.
  std::string_view fixed;     // List of what the bootstrap holds.
  std::string_view dynamic;   // List of what xDS brought.
  std::string_view resource;  // Field that holds the message.
};
constexpr Section kSections[] = {
    {Kind::kBootstrap, "BootstrapConfigDump", "", "", "bootstrap"},
    {Kind::kCluster, "ClustersConfigDump", "static_clusters", "dynamic_active_clusters", "cluster"},
    {Kind::kListener, "ListenersConfigDump", "static_listeners", "dynamic_listeners", "listener"},
    {Kind::kRoute, "RoutesConfigDump", "static_route_configs", "dynamic_route_configs",
     "route_config"},
    {Kind::kSecret, "SecretsConfigDump", "static_secrets", "dynamic_active_secrets", "secret"},
    {Kind::kEndpoints, "EndpointsConfigDump", "static_endpoint_configs", "dynamic_endpoint_configs",
     "endpoint_config"},
    {Kind::kConsumer, "sluice.admin.v1.ConsumersConfigDump", "static_consumers",
     "dynamic_consumers", "consumer"},
};

std::string Timestamp(int64_t wall_ns) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixNanos(wall_ns),
                          absl::UTCTimeZone());
}

Json Message(const ConfigItem& item) {
  Json message = Json::parse(item.json, nullptr, /*allow_exceptions=*/false);
  if (message.is_discarded()) return Json::object({{"error", "the message has no JSON form"}});
  Redact(message);
  return message;
}

// What is served now: version, message, time.
Json State(const Section& section, const ConfigItem& item) {
  Json state = Json::object();
  if (!item.version.empty()) state["version_info"] = item.version;
  state[section.resource] = Message(item);
  state["last_updated"] = Timestamp(item.updated_wall_ns);
  return state;
}

Json ErrorState(const ConfigItem& item) {
  return {{"details", item.rejected_because}, {"version_info", item.rejected_version}};
}

Json Entry(const Section& section, const ConfigItem& item) {
  const bool served = !item.json.empty();
  Json entry = Json::object();
  if (section.kind == Kind::kListener && item.dynamic) {
    // A dynamic listener alone has its state one level down.
    entry["name"] = item.name;
    if (served) entry["active_state"] = State(section, item);
  } else {
    if (section.kind == Kind::kSecret || !served) entry["name"] = item.name;
    if (served) entry.update(State(section, item));
  }
  if (!item.rejected_because.empty()) entry["error_state"] = ErrorState(item);
  return entry;
}

}  // namespace

std::string ConfigDump(const AdminSource& source, bool with_endpoints) {
  std::map<Kind, Json> sections;
  for (const Section& section : kSections) {
    if (section.kind == Kind::kEndpoints && !with_endpoints) continue;
    const bool is_ours = section.type.find('.') != section.type.npos;
    sections[section.kind] = {
        {"@type",
         absl::StrCat("type.googleapis.com/", is_ours ? "" : "envoy.admin.v3.", section.type)}};
  }
  source.VisitConfig([&](const ConfigItem& item) {
    const auto found = sections.find(item.kind);
    if (found == sections.end()) return;
    const Section& section = kSections[static_cast<size_t>(item.kind)];
    if (section.kind == Kind::kBootstrap) {
      found->second.update(State(section, item));
      return;
    }
    found->second[item.dynamic ? section.dynamic : section.fixed].push_back(Entry(section, item));
  });
  // Not Envoy's: shown where there is something to show.
  if (sections[Kind::kConsumer].size() == 1) sections.erase(Kind::kConsumer);
  Json dump = Json::object({{"configs", Json::array()}});
  for (auto& [kind, section] : sections) dump["configs"].push_back(std::move(section));
  return dump.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sluice::admin
