// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controlplane/ir/rate_limit.h"
#include "sluice/v1alpha1/rate_limit_policy.pb.h"

namespace sluice::resolve {

// What the policy says of how many requests go through.
ir::RateLimit ResolveRateLimit(const v1alpha1::RateLimitPolicy& policy);

}  // namespace sluice::resolve
