// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "dataplane/jose/json.h"
#include "dataplane/jose/jwk_set.h"

namespace sluice::jose {

// A key, or why it is of no use: a tail for its path (`.n: is not base64url`).
using ReadKey = std::variant<Jwk, std::string>;

// Reads one JWK (RFC 7517 §4). What is refused and why: see jwk_set.h.
//
// Thread: any. Not for the request path.
[[nodiscard]] ReadKey ReadJwk(const JsonValue& value);

}  // namespace sluice::jose
