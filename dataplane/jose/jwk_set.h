// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/crypto/key_parameters.h"

namespace sluice::jose {

// What tells whether a key may be tried for a token.
struct KeyLabel {
  std::optional<std::string> kid;
  crypto::SignatureAlgorithms algorithms;  // never empty: "alg", or all that its type is for
};

// A key that checks signatures.
struct Jwk {
  size_t index = 0;  // in "keys"
  KeyLabel label;
  crypto::KeyParameters parameters;
};

// A key that was left out, and why: `keys[2]: "kty" "AKP" is not known`. Shows no value of a key.
struct SkippedKey {
  size_t index = 0;
  std::string reason;
};

struct JwkSet {
  std::vector<Jwk> keys;
  std::vector<SkippedKey> skipped;
};

// Bounds of a set.
inline constexpr size_t kMaxJwkSetBytes = 256 * 1024;
inline constexpr size_t kMaxKeys = 100;
inline constexpr size_t kMaxKidBytes = 256;

// Reads a JWK set (RFC 7517 §5) of RSA, EC, OKP (Ed25519) and oct keys (RFC 7518 §6, RFC 8037 §2).
//
// A key that is of no use here is left out and named in `skipped`, as RFC 7517 §5 asks, so that an
// issuer may publish other kinds beside: one of an unknown type, curve or algorithm, one for
// encryption
// ("use", "key_ops"), one whose "alg" is not of its type, one with members missing or malformed.
// Certificates ("x5c") and private members are not looked at. Whether a point is on its curve and a
// modulus sound is seen where keys are made (crypto/verifying_key.h).
//
// Thread: any. Not for the request path.
// Errors: kInvalidArgument for what makes the whole document doubtful: no JSON object, a member
// named
//         twice, no array "keys", over a bound. The message names the path and shows no value of a
//         key. A set without any usable key is one too.
// Limits: kMaxJwkSetBytes, kMaxKeys (skipped ones count), kMaxKidBytes.
absl::StatusOr<JwkSet> ParseJwkSet(std::string_view text);

}  // namespace sluice::jose
