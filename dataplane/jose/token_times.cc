// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/token_times.h"

namespace sluice::jose {

TokenOutcome CheckTimes(const TokenTimes& times, const TimeRules& rules, absl::Time now) {
  const bool must_expire = rules.require_expiration || rules.max_lifetime.has_value();
  if (!times.expires.has_value() && must_expire) return TokenOutcome::kExpirationMissing;
  if (times.expires.has_value()) {
    if (now >= *times.expires + rules.clock_skew) return TokenOutcome::kExpired;
    if (rules.max_lifetime.has_value() &&
        *times.expires > now + *rules.max_lifetime + rules.clock_skew) {
      return TokenOutcome::kLifetimeTooLong;
    }
  }
  if (times.not_before.has_value() && now < *times.not_before - rules.clock_skew) {
    return TokenOutcome::kNotYetValid;
  }
  if (times.issued.has_value() && now < *times.issued - rules.clock_skew) {
    return TokenOutcome::kIssuedInFuture;
  }
  return TokenOutcome::kAccepted;
}

}  // namespace sluice::jose
