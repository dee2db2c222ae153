// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/arena.h"
#include "dataplane/config/route.h"
#include "dataplane/filters/chain/filter.h"

namespace sluice::filters {

// The filter that finds out who is calling. The route's configuration is an IdentifyPolicy; null
// where there is none.
Filter* CreateIdentify(FilterHost& host, const config::FilterConfig* config, base::Arena& arena);

}  // namespace sluice::filters
