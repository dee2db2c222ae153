// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/route.h"
#include "envoy/extensions/filters/http/cors/v3/cors.pb.h"

namespace sluice::compile {

// A route's CORS rules. Null where filter_enabled switches them off; a share of requests is
// refused, since a browser would see one answer to its preflight and another to its request.
absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileCorsPolicy(
    const envoy::extensions::filters::http::cors::v3::CorsPolicy& policy, CompileContext& context);

}  // namespace sluice::compile
