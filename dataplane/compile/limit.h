// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/route.h"
#include "sluice/limits/v1/limits.pb.h"

namespace sluice::compile {

// A route's limits (filters/limit). A limit that cannot be counted as it is written is an error: it
// is never left out.
absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileLimits(
    const sluice::limits::v1::LimitPerRoute& message, CompileContext& context);

}  // namespace sluice::compile
