// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "dataplane/http/claims.h"
#include "dataplane/jose/token_outcome.h"
#include "dataplane/jose/token_times.h"

namespace sluice::jose {

struct TokenClaims {
  std::shared_ptr<const http::Claims> claims;
  TokenTimes times;
};

// Bounds of a payload. Paths are counted too, as a long name is repeated in those of its members.
inline constexpr size_t kMaxPayloadBytes = 16 * 1024;
inline constexpr size_t kMaxClaimPathBytes = 64 * 1024;

// Reads the payload of a token (RFC 7519 §7.2).
//
// "exp", "nbf" and "iat" must be numbers between 0 and the end of the year 9999, "aud" a string or
// an array of strings. Other claims are as given: the members of an object get paths of their own
// ("a.b"); of an array the scalars are kept, so objects in arrays are not seen by rules. Numbers
// are kept as they were written, but for integers, which lose a needless sign ("-0").
//
// Thread: any. Allocates: for tokens that a cache does not know.
// Errors: kClaimsMalformed for everything above and for what json.h refuses; kAccepted fills `out`.
// Limits: kMaxPayloadBytes, kMaxClaimPathBytes, 8 levels, 4096 values.
[[nodiscard]] TokenOutcome ReadClaims(std::string_view payload, TokenClaims& out);

}  // namespace sluice::jose
