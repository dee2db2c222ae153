// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "dataplane/jose/token_outcome.h"

namespace sluice::jose {

// When a token is good (RFC 7519 §4.1.4 to §4.1.6).
struct TokenTimes {
  std::optional<absl::Time> expires;     // "exp"
  std::optional<absl::Time> not_before;  // "nbf"
  std::optional<absl::Time> issued;      // "iat"
};

struct TimeRules {
  // How far the issuer's clock may be from ours. Zero or more.
  absl::Duration clock_skew = absl::Seconds(60);
  bool require_expiration = false;
  // How long a token may still live, as Envoy's max_lifetime; implies require_expiration.
  std::optional<absl::Duration> max_lifetime;
};

// Judges the times of a token. With `skew` for the clock skew, the edges are:
//   good while         now <  exp + skew   ("on or after" exp is too late, RFC 7519 §4.1.4)
//   good from          now >= nbf - skew   (RFC 7519 §4.1.5)
//   good from          now >= iat - skew   (a token from the future was not made by a sound issuer)
//   lives on at most   exp <= now + max_lifetime + skew
//
// Thread: any. Allocates nothing.
[[nodiscard]] TokenOutcome CheckTimes(const TokenTimes& times, const TimeRules& rules,
                                      absl::Time now);

}  // namespace sluice::jose
