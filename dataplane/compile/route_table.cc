// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/route_table.h"

#include <set>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/filters.h"
#include "dataplane/compile/header_edits.h"
#include "dataplane/compile/retry.h"
#include "dataplane/compile/route.h"

namespace sluice::compile {

using envoy::config::route::v3::RouteConfiguration;
using VirtualHostMessage = envoy::config::route::v3::VirtualHost;

namespace {

// A body limit of a wider scope, for the routes that set none.
void Inherit(const std::optional<uint64_t>& limit, config::VirtualHost& host) {
  if (!limit.has_value()) return;
  for (config::Route& route : host.routes) {
    if (!route.max_request_body_bytes.has_value()) route.max_request_body_bytes = limit;
  }
}

absl::StatusOr<config::VirtualHost> CompileVirtualHost(const VirtualHostMessage& host,
                                                       CompileContext& context) {
  config::VirtualHost out;
  out.name = host.name();
  if (out.name.empty()) return context.ErrorAt("name", "is empty");
  if (host.domains().empty()) return context.ErrorAt("domains", "wants one or more");
  for (const std::string& domain : host.domains()) {
    out.domains.push_back(absl::AsciiStrToLower(domain));
  }
  out.routes.reserve(static_cast<size_t>(host.routes_size()));
  for (int i = 0; i < host.routes_size(); ++i) {
    const Scope at(context, "routes", i);
    SLUICE_ASSIGN_OR_RETURN(config::Route route, CompileRoute(host.routes(i), context));
    out.routes.push_back(std::move(route));
  }
  SLUICE_RETURN_IF_ERROR(CompileBothHeaderEdits(host, out, context));
  SLUICE_ASSIGN_OR_RETURN(CompiledOverrides overrides,
                          CompileOverrides(host.typed_per_filter_config(), context));
  out.overrides = std::move(overrides.overrides);
  Inherit(overrides.max_request_body_bytes, out);
  switch (host.require_tls()) {
    case VirtualHostMessage::EXTERNAL_ONLY:
      out.require_tls = config::VirtualHost::RequireTls::kExternalOnly;
      break;
    case VirtualHostMessage::ALL:
      out.require_tls = config::VirtualHost::RequireTls::kAll;
      break;
    default:
      out.require_tls = config::VirtualHost::RequireTls::kNone;
  }
  out.retry = {};
  if (host.has_retry_policy()) {
    const Scope at(context, "retry_policy");
    SLUICE_ASSIGN_OR_RETURN(out.retry, CompileRetryPolicy(host.retry_policy(), context));
  }
  out.include_attempt_count = host.include_request_attempt_count();
  return out;
}

std::vector<std::string> ClustersOf(const config::RouteTable& table) {
  std::set<std::string> names;
  for (const config::VirtualHost& host : table.virtual_hosts) {
    for (const config::Route& route : host.routes) {
      const auto* forward = std::get_if<config::Forward>(&route.action);
      if (forward == nullptr) continue;
      for (const auto& cluster : forward->clusters) names.insert(cluster.cluster);
      for (const auto& mirror : forward->mirrors) names.insert(mirror.cluster);
    }
  }
  return {names.begin(), names.end()};
}

absl::StatusOr<CompiledRouteTable> Compile(const RouteConfiguration& table,
                                           std::string_view version, CompileContext& context) {
  config::RouteTable out;
  out.name = table.name();
  out.version = version;
  out.virtual_hosts.reserve(static_cast<size_t>(table.virtual_hosts_size()));
  for (int i = 0; i < table.virtual_hosts_size(); ++i) {
    const Scope at(context, "virtual_hosts", i);
    SLUICE_ASSIGN_OR_RETURN(config::VirtualHost host,
                            CompileVirtualHost(table.virtual_hosts(i), context));
    out.virtual_hosts.push_back(std::move(host));
  }
  SLUICE_RETURN_IF_ERROR(CompileBothHeaderEdits(table, out, context));
  SLUICE_ASSIGN_OR_RETURN(CompiledOverrides overrides,
                          CompileOverrides(table.typed_per_filter_config(), context));
  out.overrides = std::move(overrides.overrides);
  for (config::VirtualHost& host : out.virtual_hosts) {
    Inherit(overrides.max_request_body_bytes, host);
  }
  out.ignore_port_in_host = table.ignore_port_in_host_matching();
  out.most_specific_edits_win = table.most_specific_header_mutations_wins();

  CompiledRouteTable compiled;
  compiled.clusters = ClustersOf(out);
  compiled.needs_consumers = context.needs_consumers();
  absl::StatusOr<std::shared_ptr<const router::Router>> router =
      router::Router::Build(std::move(out));
  if (!router.ok()) return context.Error(router.status().message());
  compiled.router = *std::move(router);
  return compiled;
}

}  // namespace

absl::StatusOr<CompiledRouteTable> CompileRouteTable(const RouteConfiguration& table,
                                                     std::string_view version,
                                                     CompileContext& context) {
  context.Begin("route table", table.name());
  SLUICE_RETURN_IF_ERROR(context.Walk(table));
  return Compile(table, version, context);
}

absl::StatusOr<CompiledRouteTable> CompileInlineRouteTable(const RouteConfiguration& table,
                                                           CompileContext& context) {
  return Compile(table, "", context);
}

}  // namespace sluice::compile
