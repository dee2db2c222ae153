// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dataplane/config/route.h"

namespace sluice::exchange {

// The Location of a redirect. `path` is the request's, already rewritten if the redirect rewrites
// a prefix or by regex. Client bytes that could end a header line or change the meaning of the URL
// never get here: the codec refused them.
std::string RedirectLocation(const config::Redirect& redirect, std::string_view scheme,
                             std::string_view authority, std::string_view path);

}  // namespace sluice::exchange
