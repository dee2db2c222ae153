// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/crypto/key_parameters.h"
#include "dataplane/jose/token_outcome.h"

namespace sluice::jose {

// A token that was taken apart (RFC 7515 §7.1). Nothing in it is to be believed before its
// signature was checked; `algorithm` and `kid` only choose the key.
struct CompactJws {
  std::string_view signing_input;  // header and payload as they came; a view into the token
  crypto::SignatureAlgorithm algorithm = crypto::SignatureAlgorithm::kHs256;
  std::optional<std::string> kid;
  std::string payload;    // decoded
  std::string signature;  // decoded
};

// How long a token may be unless rules say otherwise: as much as most servers take of header
// fields.
inline constexpr size_t kDefaultMaxTokenBytes = 16 * 1024;

// A decoded header may be this long, whatever the token.
inline constexpr size_t kMaxJoseHeaderBytes = 8 * 1024;

// Takes a compact JWS apart and reads its header.
//
// Refused: anything but three parts of strict base64url; a header that is no JSON object or names a
// member twice; an "alg" that is missing, "none" or unknown; any "crit", as no extension is
// understood here (RFC 7515 §4.1.11), and "b64": false, which is one (RFC 7797). "jku", "jwk",
// "x5u", "x5c" and the rest are not looked at: a token does not choose what it is checked with.
//
// Thread: any.
// Errors: an outcome; kAccepted means that `out` was filled, and no more.
// Limits: `max_bytes` of token, kMaxJoseHeaderBytes of header, crypto::kMaxSignatureBytes of
// signature.
[[nodiscard]] TokenOutcome ParseCompactJws(std::string_view token, size_t max_bytes,
                                           CompactJws& out);

}  // namespace sluice::jose
