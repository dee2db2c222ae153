// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "dataplane/http/header_id.h"

namespace sluice::http {

// Whether a field speaks of framing, routing, credentials, or of what proxies vouch for: such a one
// stands in a head or nowhere. No trailer may carry it, for it would come after the decision
// (H1-14, RFC 9110 §6.5.1), and no Connection field may name it, for a client could then strip what
// a hop before us had added (H1-27). `name` is lower case, `id` its own.
//
// Thread: any; pure.
bool IsProtectedField(HeaderId id, std::string_view name);

}  // namespace sluice::http
