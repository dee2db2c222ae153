// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/cluster.h"
#include "envoy/config/cluster/v3/cluster.pb.h"

namespace sluice::compile {

// How a cluster chooses endpoints: the first entry of load_balancing_policy that we have, else
// lb_policy. Hashing policies are listed, and balance as round robin until they are there.
absl::Status CompileLoadBalancing(const envoy::config::cluster::v3::Cluster& cluster,
                                  config::Cluster& out, bool& locality_weighted,
                                  CompileContext& context);

}  // namespace sluice::compile
