// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "base/arena.h"
#include "dataplane/filters/identify/config.h"
#include "dataplane/http/claims.h"

namespace sluice::filters {

// A header that tells of a claim is no longer than this.
inline constexpr size_t kMaxClaimHeaderBytes = 8 * 1024;

// Whether a token has all the claims that it must have.
bool HasClaims(const http::Claims& claims, const std::vector<ClaimRule>& rules);

// What a header says of a claim: its value, or those of a list joined by commas. Nullopt if there
// is none, if it is an object, or if it cannot be said in a header: control bytes, too long, a
// comma within an element of a list.
std::optional<std::string_view> ClaimHeaderValue(const http::Claims& claims, std::string_view path,
                                                 base::Arena& arena);

// The words of the claims `scope` and `scp` (RFC 8693 §4.2; `scp` may be a list).
absl::Span<const std::string_view> ScopesOf(const http::Claims& claims, base::Arena& arena);

}  // namespace sluice::filters
