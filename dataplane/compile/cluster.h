// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/compile/endpoints.h"
#include "dataplane/compile/tls.h"
#include "dataplane/config/cluster.h"
#include "envoy/config/cluster/v3/cluster.pb.h"

namespace sluice::compile {

// A cluster that waits for what it names: Cluster::tls lacks the secrets, and an EDS cluster its
// endpoints.
struct CompiledCluster {
  config::Cluster cluster;
  SecretRefs secrets;
  EndpointRules endpoint_rules;  // For CompileEndpoints of this cluster's assignment.
};

// A Cluster resource.
absl::StatusOr<CompiledCluster> CompileCluster(const envoy::config::cluster::v3::Cluster& cluster,
                                               std::string_view version, CompileContext& context);

}  // namespace sluice::compile
