// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/key_choice.h"

namespace sluice::jose {

KeyChoice ChooseKeys(absl::Span<const KeyLabel> labels, const CompactJws& jws) {
  KeyChoice choice;
  for (uint32_t i = 0; i < labels.size() && choice.indices.size() < kMaxKeyTries; ++i) {
    const KeyLabel& label = labels[i];
    // An absent "kid" of a key is equal to no "kid" of a token.
    if (jws.kid.has_value() && jws.kid != label.kid) continue;
    if (label.algorithms.Has(jws.algorithm)) {
      choice.indices.push_back(i);
    } else if (jws.kid.has_value()) {
      choice.outcome = TokenOutcome::kAlgorithmNotAllowed;
    }
  }
  if (!choice.indices.empty()) choice.outcome = TokenOutcome::kAccepted;
  return choice;
}

}  // namespace sluice::jose
