// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "dataplane/crypto/key_parameters.h"

namespace sluice::jose {

// The algorithm that an "alg" names (RFC 7518 §3.1, RFC 8037 §3.1), exactly as registered. Nothing
// for "none", for other cases of letters, and for what does not sign.
[[nodiscard]] std::optional<crypto::SignatureAlgorithm> FindAlgorithm(std::string_view name);

}  // namespace sluice::jose
