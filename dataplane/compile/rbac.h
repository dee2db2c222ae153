// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/route.h"
#include "envoy/extensions/filters/http/rbac/v3/rbac.pb.h"

namespace sluice::compile {

// Rules of a chain, or of a route, by policies; matcher trees are refused. Rules with the action
// LOG decide nothing.
absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileRbac(
    const envoy::extensions::filters::http::rbac::v3::RBAC& rbac, CompileContext& context);

// Without rules it switches those of the chain off.
absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileRbacPerRoute(
    const envoy::extensions::filters::http::rbac::v3::RBACPerRoute& rbac, CompileContext& context);

}  // namespace sluice::compile
