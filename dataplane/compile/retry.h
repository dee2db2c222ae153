// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/retry.h"
#include "envoy/config/route/v3/route_components.pb.h"

namespace sluice::compile {

absl::StatusOr<config::RetryPolicy> CompileRetryPolicy(
    const envoy::config::route::v3::RetryPolicy& policy, CompileContext& context);

}  // namespace sluice::compile
