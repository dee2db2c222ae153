// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "dataplane/http/claims.h"
#include "dataplane/jose/token_outcome.h"
#include "dataplane/jose/token_rules.h"
#include "dataplane/jose/verified_tokens.h"
#include "dataplane/jose/verify/verifying_key_set.h"

namespace sluice::jose {

struct TokenCacheLimits {
  size_t max_tokens = 1024;  // 0: keep none
  size_t max_bytes = 4 * 1024 * 1024;
};

struct TokenVerdict {
  TokenOutcome outcome = TokenOutcome::kKeyNotFound;
  std::shared_ptr<const http::Claims> claims;  // null unless kAccepted
};

// TokenVerifier says whether a JSON Web Token of one issuer is to be believed, and what it says
// (RFC 7519 §7.2, RFC 8725).
//
// In this order, ending at the first that fails: length, the tokens it remembers, form and header,
// key and signature, claims, times, rules. Nothing of the payload is read before the signature is
// good. Where a token stands in a request, and what a request without one gets, is the business of
// a filter.
//
// Thread:   its worker's only; rules and keys may be shared.
// Lifetime: owned by its worker's filter configuration. New rules take a new verifier, so that what
// was
//           remembered under old ones goes with them.
// Errors:   an outcome each.
// Limits:   rules.max_token_bytes, the cache's, kMaxKeyTries signature checks a token. A remembered
//           token allocates nothing.
class TokenVerifier {
 public:
  TokenVerifier(std::shared_ptr<const TokenRules> rules, const TokenCacheLimits& limits);

  // From now on these keys count. Tokens that others verified are believed no longer. Null: none
  // do, and each token is kKeyNotFound.
  void SetKeys(std::shared_ptr<const VerifyingKeySet> keys);

  [[nodiscard]] TokenVerdict Verify(std::string_view token, absl::Time now);

  [[nodiscard]] const VerifiedTokens& remembered() const { return remembered_; }

 private:
  TokenVerdict VerifyUnknown(std::string_view token, const TokenHash& hash, absl::Time now);

  const std::shared_ptr<const TokenRules> rules_;
  std::shared_ptr<const VerifyingKeySet> keys_;
  VerifiedTokens remembered_;
};

}  // namespace sluice::jose
