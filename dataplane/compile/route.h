// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/route.h"
#include "envoy/config/route/v3/route_components.pb.h"

namespace sluice::compile {

// One route: match, action, edits, overrides. Unset is Envoy's default: 15 s, 503 for a cluster
// that is not there, 301 for a redirect.
absl::StatusOr<config::Route> CompileRoute(const envoy::config::route::v3::Route& route,
                                           CompileContext& context);

}  // namespace sluice::compile
