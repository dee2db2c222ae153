// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "dataplane/crypto/verifying_key.h"
#include "dataplane/jose/compact_jws.h"
#include "dataplane/jose/jwk_set.h"
#include "dataplane/jose/token_outcome.h"
#include "dataplane/jose/verified_tokens.h"

namespace sluice::jose {

// VerifyingKeySet is a JWK set that is ready to check signatures: made once off the request path,
// then read by all workers.
//
// Thread:   any; immutable.
// Lifetime: shared; a worker keeps the set it was given until it gets the next.
// Errors:   Make and Parse: kInvalidArgument, as ParseJwkSet. A key that is no sound one (a point
// off its
//           curve, a short modulus) is left out and named in skipped(), unless none is left.
// Limits:   those of ParseJwkSet. Making takes up to some milliseconds.
class VerifyingKeySet {
 public:
  static absl::StatusOr<std::shared_ptr<const VerifyingKeySet>> Parse(std::string_view jwk_set);
  static absl::StatusOr<std::shared_ptr<const VerifyingKeySet>> Make(JwkSet set);

  // One each per key, in order.
  [[nodiscard]] absl::Span<const KeyLabel> labels() const { return labels_; }
  [[nodiscard]] absl::Span<const KeyId> ids() const { return ids_; }

  [[nodiscard]] absl::Span<const SkippedKey> skipped() const { return skipped_; }

  struct Checked {
    TokenOutcome outcome = TokenOutcome::kKeyNotFound;
    size_t key = 0;  // the one that made the signature, if kAccepted
  };

  // Checks the signature of a token with the keys that fit it (key_choice.h). This alone says
  // nothing of its claims. For the request path: up to kMaxKeyTries checks.
  [[nodiscard]] Checked CheckSignature(const CompactJws& jws) const;

 private:
  VerifyingKeySet() = default;

  std::vector<KeyLabel> labels_;
  std::vector<KeyId> ids_;
  std::vector<crypto::VerifyingKey> keys_;
  std::vector<SkippedKey> skipped_;
};

}  // namespace sluice::jose
