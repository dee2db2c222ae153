// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "dataplane/jose/compact_jws.h"
#include "dataplane/jose/jwk_set.h"
#include "dataplane/jose/token_outcome.h"

namespace sluice::jose {

// How many keys are tried for one token: a bound on what a forged token costs.
inline constexpr size_t kMaxKeyTries = 10;

struct KeyChoice {
  TokenOutcome outcome = TokenOutcome::kKeyNotFound;
  absl::InlinedVector<uint32_t, kMaxKeyTries> indices;  // into the labels; empty unless kAccepted
};

// Chooses the keys to try, in order. The algorithm comes from the key: one whose label does not
// hold the token's is no candidate. A "kid" is compared byte for byte and nothing more is made of
// it; keys without one are no candidates then. Without a "kid", the first kMaxKeyTries keys that
// are for the algorithm.
//
// Thread: any. Allocates nothing.
// Errors: kKeyNotFound; kAlgorithmNotAllowed if keys have the "kid" but none is for the algorithm.
[[nodiscard]] KeyChoice ChooseKeys(absl::Span<const KeyLabel> labels, const CompactJws& jws);

}  // namespace sluice::jose
