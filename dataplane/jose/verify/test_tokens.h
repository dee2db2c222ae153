// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dataplane/crypto/key_parameters.h"
#include "dataplane/crypto/test_signing_key.h"

namespace sluice::jose {

// Tokens and key sets for tests: any header, any payload, signed with any algorithm of the key.
//
// Thread: any.

// What verifies `key`, as a JWK with these further members (`"kid":"a","alg":"RS256"`).
[[nodiscard]] std::string JwkOf(const crypto::TestSigningKey& key, std::string_view members = "");

// {"keys":[...]} of the JWKs given, with commas between.
[[nodiscard]] std::string JwkSetOf(std::string_view keys);

// A compact JWS over these two texts.
[[nodiscard]] std::string SignedToken(const crypto::TestSigningKey& key,
                                      crypto::SignatureAlgorithm algorithm, std::string_view header,
                                      std::string_view payload);

}  // namespace sluice::jose
