// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/arena.h"
#include "dataplane/filters/chain/filter.h"

namespace sluice::filters {

// The CORS filter answers preflights and puts the permissions of the route's CorsPolicy on its
// responses. It protects nobody: browsers do, by what it tells them, and a request from an origin
// that may not goes on as any other does.
//
// The origin is echoed, never "*", so that one policy serves callers with and without credentials;
// so caches are told by `vary: origin`. With credentials a "*" in methods or headers means nothing
// to a browser: what the preflight asks for is echoed in its place (Gateway API, HTTPCORSFilter).
//
// Null where the route has no policy.
Filter* CreateCors(FilterHost& host, const config::FilterConfig* config, base::Arena& arena);

}  // namespace sluice::filters
