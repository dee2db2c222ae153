// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/cluster_pages.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/event/socket.h"

namespace sluice::admin {
namespace {

using Json = nlohmann::ordered_json;

struct HealthWords {
  std::string_view flags;  // In text.
  std::string_view eds;    // envoy.config.core.v3.HealthStatus
};

HealthWords WordsOf(config::Health health) {
  switch (health) {
    case config::Health::kHealthy:
      return {"healthy", "HEALTHY"};
    case config::Health::kDegraded:
      return {"/degraded_eds_health", "DEGRADED"};
    case config::Health::kUnhealthy:
      return {"/failed_eds_health", "UNHEALTHY"};
    case config::Health::kDraining:
      return {"/eds_status_draining", "DRAINING"};
  }
  return {};
}

struct Stat {
  std::string_view name;
  bool is_gauge;
  uint64_t value;
};

std::vector<Stat> StatsOf(const EndpointView& endpoint) {
  return {{"cx_active", true, endpoint.connections},
          {"cx_connect_fail", false, endpoint.connect_failures},
          {"rq_active", true, endpoint.active_requests},
          {"rq_error", false, endpoint.errors_5xx},
          {"rq_total", false, endpoint.requests_total}};
}

void AppendLimits(const ClusterView& cluster, std::string& out) {
  const config::CircuitBreaker& limits = cluster.circuit_breaker;
  const std::pair<std::string_view, uint32_t> lines[] = {
      {"max_connections", limits.max_connections},
      {"max_pending_requests", limits.max_pending},
      {"max_requests", limits.max_requests},
      {"max_retries", limits.max_retries}};
  for (const auto& [name, value] : lines) {
    absl::StrAppend(&out, cluster.name, "::default_priority::", name, "::", value, "\n");
  }
}

void AppendEndpoint(std::string_view cluster, const EndpointView& endpoint, std::string& out) {
  const std::string prefix = absl::StrCat(cluster, "::", endpoint.address, "::");
  for (const Stat& stat : StatsOf(endpoint)) {
    absl::StrAppend(&out, prefix, stat.name, "::", stat.value, "\n");
  }
  absl::StrAppend(&out, prefix, "hostname::", endpoint.hostname, "\n");
  absl::StrAppend(&out, prefix, "health_flags::", WordsOf(endpoint.health).flags, "\n");
  absl::StrAppend(&out, prefix, "weight::", endpoint.weight, "\n");
}

Json AddressJson(const std::string& text) {
  const auto address = event::Address::Parse(text);
  if (!address.ok()) return {{"pipe", {{"path", text}}}};
  if (!address->is_ip()) return {{"pipe", {{"path", address->path()}}}};
  return {{"socket_address", {{"address", address->ip()}, {"port_value", address->port()}}}};
}

Json EndpointJson(const EndpointView& endpoint) {
  Json json = {{"address", AddressJson(endpoint.address)}, {"stats", Json::array()}};
  for (const Stat& stat : StatsOf(endpoint)) {
    // 64-bit numbers are strings in protobuf's JSON.
    Json one = {{"name", stat.name}, {"value", absl::StrCat(stat.value)}};
    if (stat.is_gauge) one["type"] = "GAUGE";
    json["stats"].push_back(std::move(one));
  }
  json["health_status"] = {{"eds_health_status", WordsOf(endpoint.health).eds}};
  json["weight"] = endpoint.weight;
  if (!endpoint.hostname.empty()) json["hostname"] = endpoint.hostname;
  return json;
}

std::string Dump(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string ClustersText(const std::vector<ClusterView>& clusters) {
  std::string out;
  for (const ClusterView& cluster : clusters) {
    AppendLimits(cluster, out);
    for (const EndpointView& endpoint : cluster.endpoints) {
      AppendEndpoint(cluster.name, endpoint, out);
    }
  }
  return out;
}

std::string ClustersJson(const std::vector<ClusterView>& clusters) {
  Json statuses = Json::array();
  for (const ClusterView& cluster : clusters) {
    Json hosts = Json::array();
    for (const EndpointView& endpoint : cluster.endpoints) hosts.push_back(EndpointJson(endpoint));
    const config::CircuitBreaker& limits = cluster.circuit_breaker;
    Json thresholds = {{"max_connections", limits.max_connections},
                       {"max_pending_requests", limits.max_pending},
                       {"max_requests", limits.max_requests},
                       {"max_retries", limits.max_retries}};
    statuses.push_back({{"name", cluster.name},
                        {"host_statuses", std::move(hosts)},
                        {"circuit_breakers", {{"thresholds", Json::array({thresholds})}}}});
  }
  return Dump({{"cluster_statuses", std::move(statuses)}});
}

std::string ListenersText(const std::vector<ListenerView>& listeners) {
  std::string out;
  for (const ListenerView& listener : listeners) {
    for (const std::string& address : listener.addresses) {
      absl::StrAppend(&out, listener.name, "::", address, "\n");
    }
  }
  return out;
}

std::string ListenersJson(const std::vector<ListenerView>& listeners) {
  Json statuses = Json::array();
  for (const ListenerView& listener : listeners) {
    Json status = {{"name", listener.name}};
    Json more = Json::array();
    for (size_t i = 0; i < listener.addresses.size(); ++i) {
      if (i == 0) {
        status["local_address"] = AddressJson(listener.addresses[i]);
      } else {
        more.push_back(AddressJson(listener.addresses[i]));
      }
    }
    if (!more.empty()) status["additional_local_addresses"] = std::move(more);
    statuses.push_back(std::move(status));
  }
  return Dump({{"listener_statuses", std::move(statuses)}});
}

}  // namespace sluice::admin
