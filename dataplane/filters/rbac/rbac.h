// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/arena.h"
#include "dataplane/config/route.h"
#include "dataplane/filters/chain/filter.h"

namespace sluice::filters {

// The filter that refuses what rules do not allow. `config` and the route's are RbacConfig; the
// route's stands in the chain's place. Null where there are no rules.
Filter* CreateRbac(FilterHost& host, const config::FilterConfig* config, base::Arena& arena);

}  // namespace sluice::filters
