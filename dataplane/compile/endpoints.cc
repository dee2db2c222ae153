// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/endpoints.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/data_source.h"

namespace sluice::compile {

using config::Endpoint;
using config::EndpointSet;
using envoy::config::endpoint::v3::ClusterLoadAssignment;
using envoy::config::endpoint::v3::LbEndpoint;
using envoy::config::endpoint::v3::LocalityLbEndpoints;

namespace {

constexpr uint32_t kMaxPriority = 128;  // Envoy's.

config::Health HealthOf(envoy::config::core::v3::HealthStatus status) {
  switch (status) {
    case envoy::config::core::v3::UNHEALTHY:
    case envoy::config::core::v3::TIMEOUT:
      return config::Health::kUnhealthy;
    case envoy::config::core::v3::DRAINING:
      return config::Health::kDraining;
    case envoy::config::core::v3::DEGRADED:
      return config::Health::kDegraded;
    default:
      return config::Health::kHealthy;
  }
}

absl::StatusOr<Endpoint> CompileEndpoint(const LbEndpoint& endpoint, const EndpointRules& rules,
                                         CompileContext& context) {
  Endpoint out;
  {
    const Scope at(context, "endpoint");
    SLUICE_ASSIGN_OR_RETURN(SocketAddress address,
                            ReadAddress(endpoint.endpoint().address(), rules.names, context));
    if (address.port == 0) {
      return context.ErrorAt("address.socket_address.port_value", "must be above 0");
    }
    out.address = std::move(address.address);
    out.port = address.port;
    out.hostname = endpoint.endpoint().hostname();
  }
  out.weight = 1;
  if (endpoint.has_load_balancing_weight()) {
    out.weight = endpoint.load_balancing_weight().value();
    if (out.weight == 0) return context.ErrorAt("load_balancing_weight", "must be above 0");
  }
  out.health = HealthOf(endpoint.health_status());
  return out;
}

bool AnyLocalityWeight(const ClusterLoadAssignment& assignment) {
  for (const LocalityLbEndpoints& locality : assignment.endpoints()) {
    if (locality.load_balancing_weight().value() > 0) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<EndpointSet> CompileInlineEndpoints(const ClusterLoadAssignment& assignment,
                                                   const EndpointRules& rules,
                                                   CompileContext& context) {
  EndpointSet out;
  const bool weighted = rules.locality_weighted && AnyLocalityWeight(assignment);
  absl::flat_hash_set<std::string> seen;
  for (int i = 0; i < assignment.endpoints_size(); ++i) {
    const LocalityLbEndpoints& locality = assignment.endpoints(i);
    const Scope at(context, "endpoints", i);
    if (locality.priority() > kMaxPriority) {
      return context.ErrorAt("priority",
                             absl::StrCat(locality.priority(), " is over ", kMaxPriority));
    }
    const uint32_t weight = weighted ? locality.load_balancing_weight().value() : 0;
    for (int j = 0; j < locality.lb_endpoints_size(); ++j) {
      const Scope element(context, "lb_endpoints", j);
      SLUICE_ASSIGN_OR_RETURN(Endpoint endpoint,
                              CompileEndpoint(locality.lb_endpoints(j), rules, context));
      // Where localities have weights, one without gets nothing.
      if (weighted && weight == 0) continue;
      // The first of equals counts, as with Envoy.
      if (!seen.insert(absl::StrCat(endpoint.address, " ", endpoint.port)).second) continue;
      endpoint.priority = locality.priority();
      endpoint.region = locality.locality().region();
      endpoint.zone = locality.locality().zone();
      endpoint.sub_zone = locality.locality().sub_zone();
      endpoint.locality_weight = weight;
      out.endpoints.push_back(std::move(endpoint));
    }
  }
  out.overprovisioning_percent = 140;
  if (assignment.policy().has_overprovisioning_factor()) {
    out.overprovisioning_percent = assignment.policy().overprovisioning_factor().value();
    if (out.overprovisioning_percent == 0) {
      return context.ErrorAt("policy.overprovisioning_factor", "must be above 0");
    }
  }
  return out;
}

absl::StatusOr<EndpointSet> CompileEndpoints(const ClusterLoadAssignment& assignment,
                                             std::string_view version, const EndpointRules& rules,
                                             CompileContext& context) {
  context.Begin("endpoints", assignment.cluster_name());
  SLUICE_RETURN_IF_ERROR(context.Walk(assignment));
  SLUICE_ASSIGN_OR_RETURN(EndpointSet out, CompileInlineEndpoints(assignment, rules, context));
  out.version = version;
  return out;
}

}  // namespace sluice::compile
