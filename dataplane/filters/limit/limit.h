// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/arena.h"
#include "dataplane/config/route.h"
#include "dataplane/filters/chain/filter.h"

namespace sluice::filters {

// The limit filter counts requests by the route's LimitPolicy, in the process's one LimitTable, and
// refuses those that are too many with 429, detail token `rate-limited:RULE`, response flag RL. All
// answers to requests that were counted say what is left (RateLimit, RateLimit-Policy), those of
// the upstream included, unless the policy omits it; a refusal says when to come back
// (Retry-After), even then. In shadow a request that would be refused goes on, nothing is told, and
// the decision is noted.
//
// A request is counted once, when its head has come through the filters before: each stream of
// HTTP/2 and each pipelined request for itself; retries and mirrored copies not again; and not what
// was answered before, be it a preflight or a refusal of identify or authorize (RL-04).
//
// Null where the route has no limits.
Filter* CreateLimit(FilterHost& host, const config::FilterConfig* config, base::Arena& arena);

}  // namespace sluice::filters
