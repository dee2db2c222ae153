// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::filters {

// A name and a password (RFC 7617).
struct BasicCredential {
  std::string username;
  std::string password;
};

// As long may what follows "Basic " be.
inline constexpr size_t kMaxBasicBytes = 2048;

// Reads what follows "Basic ". Nullopt for what is no padded base64, has no colon or a control byte
// (§2), or is longer than kMaxBasicBytes.
std::optional<BasicCredential> ParseBasic(std::string_view encoded);

}  // namespace sluice::filters
