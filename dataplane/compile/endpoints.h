// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/cluster.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"

namespace sluice::compile {

// What of the cluster decides how its endpoints are read.
struct EndpointRules {
  bool names = false;  // Addresses may be host names (DNS clusters).
  bool locality_weighted =
      false;  // Else the weights of localities count for nothing, as with Envoy.
};

// A ClusterLoadAssignment resource.
absl::StatusOr<config::EndpointSet> CompileEndpoints(
    const envoy::config::endpoint::v3::ClusterLoadAssignment& assignment, std::string_view version,
    const EndpointRules& rules, CompileContext& context);

// One that stands in a cluster, at the place where the context is.
absl::StatusOr<config::EndpointSet> CompileInlineEndpoints(
    const envoy::config::endpoint::v3::ClusterLoadAssignment& assignment,
    const EndpointRules& rules, CompileContext& context);

}  // namespace sluice::compile
