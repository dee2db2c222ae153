// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "controlplane/translate/filter_names.h"
#include "controlplane/translate/names.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "controlplane/xdsserver/type_urls.h"

namespace sluice::translate {
namespace {

template <typename T>
std::optional<ir::Source> Find(const std::map<std::string, std::shared_ptr<const T>>& parts,
                               std::string_view name) {
  const auto it = parts.find(std::string(name));
  if (it == parts.end()) return std::nullopt;
  return it->second->source;
}

template <typename T>
std::optional<ir::Source> Find(const ir::Parts<T>& parts, std::string_view name) {
  const auto* part = parts.Find(name);
  if (part == nullptr) return std::nullopt;
  return (*part)->source;
}

// Of the routes whose name stands in the text, the one with the longest: "match/1" stands in
// "match/12" too.
const ir::Route* NamedRoute(const ir::Listener& listener, std::string_view detail) {
  const ir::Route* best = nullptr;
  for (const ir::VirtualHost& host : listener.hosts) {
    for (const auto& route : host.routes) {
      if (!absl::StrContains(detail, route->name)) continue;
      if (best == nullptr || route->name.size() > best->name.size()) best = route.get();
    }
  }
  return best;
}

// The policy of that place whose filter stands in the text.
std::optional<ir::Source> NamedPolicy(const ir::Policies& policies, std::string_view detail) {
  if (policies.identify && absl::StrContains(detail, kIdentifyFilter)) {
    return policies.identify->source;
  }
  const bool is_authorize =
      absl::StrContains(detail, kDenyFilter) || absl::StrContains(detail, kAllowFilter);
  if (policies.authorize && is_authorize) return policies.authorize->source;
  if (policies.rate_limit && absl::StrContains(detail, kLimitFilter)) {
    return policies.rate_limit->source;
  }
  return std::nullopt;
}

// What a text about a table speaks of: a route or a policy of it, a policy of a virtual host that
// it names, one of the table; else the listener.
ir::Source InTable(const ir::Listener& listener, std::string_view detail) {
  if (const ir::Route* route = NamedRoute(listener, detail)) {
    return NamedPolicy(route->policies, detail).value_or(route->source);
  }
  for (const ir::VirtualHost& host : listener.hosts) {
    if (!absl::StrContains(detail, host.hostname)) continue;
    if (auto source = NamedPolicy(host.policies, detail)) return *std::move(source);
  }
  return NamedPolicy(listener.policies, detail).value_or(listener.source);
}

std::optional<ir::Source> InPorts(const ir::Gateway& gateway, std::string_view type_url,
                                  std::string_view name, std::string_view detail) {
  for (const auto& port : gateway.ports) {
    for (const ir::Listener& listener : port->listeners) {
      const std::string table = RouteTableName(*port, listener);
      if (type_url == xdsserver::kRouteType && table == name) {
        return InTable(listener, detail);
      }
      // A Listener's chains are named as their route tables.
      const bool of_port = absl::StartsWith(name, ListenerName(*port, ""));
      const bool is_it = port->listeners.size() == 1 || absl::StrContains(detail, table);
      if (type_url == xdsserver::kListenerType && of_port && is_it) return listener.source;
    }
  }
  return std::nullopt;
}

}  // namespace

ir::Source SourceOf(const ir::Gateway& gateway, std::string_view type_url, std::string_view name,
                    std::string_view detail) {
  std::optional<ir::Source> source;
  if (type_url == xdsserver::kClusterType) source = Find(gateway.backends, name);
  if (type_url == xdsserver::kEndpointType) source = Find(gateway.endpoints, name);
  if (type_url == xdsserver::kSecretType) source = Find(gateway.certificates, name);
  if (type_url == xdsserver::kConsumerType) source = Find(gateway.consumers, name);
  if (!source) source = InPorts(gateway, type_url, name, detail);
  return source.value_or(ir::Source{gateway.id, ""});
}

}  // namespace sluice::translate
