// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/router/router.h"
#include "envoy/config/route/v3/route.pb.h"

namespace sluice::compile {

struct CompiledRouteTable {
  std::shared_ptr<const router::Router> router;
  std::vector<std::string> clusters;  // That its routes name; sorted. They need not exist.
  bool needs_consumers = false;       // A route asks who is calling.
};

// A RouteConfiguration resource.
absl::StatusOr<CompiledRouteTable> CompileRouteTable(
    const envoy::config::route::v3::RouteConfiguration& table, std::string_view version,
    CompileContext& context);

// One that stands in another resource, at the place where the context is.
absl::StatusOr<CompiledRouteTable> CompileInlineRouteTable(
    const envoy::config::route::v3::RouteConfiguration& table, CompileContext& context);

}  // namespace sluice::compile
