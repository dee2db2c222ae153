// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/verify/token_verifier.h"

#include <utility>

#include "dataplane/crypto/digest.h"
#include "dataplane/jose/claims_reader.h"
#include "dataplane/jose/compact_jws.h"
#include "dataplane/jose/token_times.h"

namespace sluice::jose {

TokenVerifier::TokenVerifier(std::shared_ptr<const TokenRules> rules,
                             const TokenCacheLimits& limits)
    : rules_(std::move(rules)), remembered_(limits.max_tokens, limits.max_bytes) {}

void TokenVerifier::SetKeys(std::shared_ptr<const VerifyingKeySet> keys) {
  keys_ = std::move(keys);
}

TokenVerdict TokenVerifier::Verify(std::string_view token, absl::Time now) {
  // Before it is hashed.
  if (token.size() > rules_->max_token_bytes) return {.outcome = TokenOutcome::kTooLarge};
  if (keys_ == nullptr) return {.outcome = TokenOutcome::kKeyNotFound};
  const TokenHash hash = crypto::Sha256(token);
  VerifiedTokens::Hit hit = remembered_.Find(hash, keys_->ids(), rules_->times, now);
  if (hit.claims == nullptr) return VerifyUnknown(token, hash, now);
  if (hit.outcome != TokenOutcome::kAccepted) return {.outcome = hit.outcome};
  return {.outcome = TokenOutcome::kAccepted, .claims = std::move(hit.claims)};
}

TokenVerdict TokenVerifier::VerifyUnknown(std::string_view token, const TokenHash& hash,
                                          absl::Time now) {
  CompactJws jws;
  TokenOutcome outcome = ParseCompactJws(token, rules_->max_token_bytes, jws);
  if (outcome != TokenOutcome::kAccepted) return {.outcome = outcome};
  const VerifyingKeySet::Checked checked = keys_->CheckSignature(jws);
  if (checked.outcome != TokenOutcome::kAccepted) return {.outcome = checked.outcome};
  TokenClaims read;
  outcome = ReadClaims(jws.payload, read);
  if (outcome == TokenOutcome::kAccepted) outcome = CheckTimes(read.times, rules_->times, now);
  if (outcome == TokenOutcome::kAccepted) outcome = CheckClaims(*read.claims, *rules_);
  if (outcome != TokenOutcome::kAccepted) return {.outcome = outcome};
  remembered_.Insert(hash, keys_->ids()[checked.key], read.times, read.claims);
  return {.outcome = TokenOutcome::kAccepted, .claims = std::move(read.claims)};
}

}  // namespace sluice::jose
