// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/route.h"
#include "envoy/config/route/v3/route_components.pb.h"

namespace sluice::compile {

// A RouteAction: where a request goes and how.
absl::StatusOr<config::Forward> CompileForward(const envoy::config::route::v3::RouteAction& action,
                                               CompileContext& context);

}  // namespace sluice::compile
