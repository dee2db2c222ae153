// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/route.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "envoy/type/matcher/v3/string.pb.h"

namespace sluice::compile {

absl::StatusOr<config::StringMatch> CompileStringMatch(
    const envoy::type::matcher::v3::StringMatcher& matcher, CompileContext& context);

absl::StatusOr<config::HeaderMatch> CompileHeaderMatch(
    const envoy::config::route::v3::HeaderMatcher& matcher, CompileContext& context);

// All that a route asks of a request.
absl::StatusOr<config::RouteMatch> CompileRouteMatch(
    const envoy::config::route::v3::RouteMatch& match, CompileContext& context);

}  // namespace sluice::compile
