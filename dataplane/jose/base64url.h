// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::jose {

// Decodes base64url as JOSE writes it (RFC 7515 §2): no padding, no line breaks, no byte outside
// the alphabet, and no stray bits behind the last whole byte. So exactly one text stands for given
// bytes, and nobody can make a second token of a first without its key.
//
// Thread: any.
// Errors: nullopt.
// Limits: the result is three quarters of the input; callers bound that.
[[nodiscard]] std::optional<std::string> DecodeBase64Url(std::string_view text);

// How long the text of `bytes` bytes is.
constexpr size_t Base64UrlSize(size_t bytes) { return (bytes * 4 + 2) / 3; }

}  // namespace sluice::jose
