// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace sluice::limits {

// The response fields that tell clients of limits: RateLimit-Policy (what is allowed) and RateLimit
// (what is left), draft-ietf-httpapi-ratelimit-headers-11, and Retry-After (RFC 9110 §10.2.3).
//
// Both fields are lists of strings with parameters (RFC 9651 §3.1); an item a policy, named alike
// in both: `"per-minute";q=100;w=60` and `"per-minute";r=42;t=1`. Their `t` is the time within
// which no more than `r` can be used: here until one more unit is there. So Retry-After, for a cost
// of one, is never earlier than the `t` of the limit that refused, as the draft asks (§6).
//
// Seconds are rounded up: who comes back then is not too early.
//
// Thread: any.
// Errors: none.

// Whether a name can stand in the fields: printable ASCII, 1 to 256 bytes (RFC 9651 §3.3.3).
[[nodiscard]] bool IsLimitName(std::string_view name);

// Such a name in quotes.
[[nodiscard]] std::string QuotedLimitName(std::string_view name);

// Whole seconds, rounded up; 0 for what is not above 0.
[[nodiscard]] int64_t WholeSeconds(int64_t ns);

// An item of RateLimit-Policy.
[[nodiscard]] std::string QuotaPolicyItem(std::string_view quoted_name, uint64_t units,
                                          int64_t window_ns);

// An item of RateLimit, in `arena`. Without `t` where it is 0: nothing has been used.
[[nodiscard]] std::string_view ServiceLimitItem(std::string_view quoted_name, uint64_t remaining,
                                                int64_t next_unit_ns, base::Arena& arena);

}  // namespace sluice::limits
