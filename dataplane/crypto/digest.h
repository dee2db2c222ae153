// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/types/span.h"

namespace sluice::crypto {

// Hashes and random bytes, one shot each.
//
// Thread: any.
// Errors: none. FillRandom ends the process where the machine has no randomness to give.
// Limits: no allocation.

using Sha256Digest = std::array<uint8_t, 32>;

// FIPS 180-4.
[[nodiscard]] Sha256Digest Sha256(std::string_view bytes);

// RFC 2104. A key of any length.
[[nodiscard]] Sha256Digest HmacSha256(std::string_view key, std::string_view bytes);

// Takes the same time wherever the two differ. Their lengths are no secret.
[[nodiscard]] bool ConstantTimeEquals(std::string_view a, std::string_view b);

// Bytes that nobody can foretell.
void FillRandom(absl::Span<uint8_t> out);

}  // namespace sluice::crypto
