// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/verify/verifying_key_set.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/crypto/digest.h"
#include "dataplane/jose/key_choice.h"

namespace sluice::jose {
namespace {

// Fields with their lengths in front, so that no two keys give the same bytes.
void Append(std::string& bytes, std::string_view field) {
  absl::StrAppend(&bytes, field.size(), ":", field);
}

struct ParameterWriter {
  std::string& bytes;

  void operator()(const crypto::RsaParameters& rsa) const {
    Append(bytes, rsa.modulus);
    Append(bytes, rsa.exponent);
  }
  void operator()(const crypto::EcParameters& ec) const {
    Append(bytes, ec.x);
    Append(bytes, ec.y);
  }
  void operator()(const crypto::Ed25519Parameters& ed25519) const { Append(bytes, ed25519.x); }
  void operator()(const crypto::SecretParameters& secret) const { Append(bytes, secret.secret); }
};

// The label is part of it: a token must not outlive the "alg" or "kid" that its key was chosen by.
// The curve is not, as it shows in the length of the coordinates.
KeyId IdOf(const Jwk& key) {
  std::string bytes = absl::StrCat(key.parameters.index(), ",", key.label.algorithms.bits(), ",",
                                   key.label.kid.has_value() ? 1 : 0, ",");
  Append(bytes, key.label.kid.value_or(""));
  std::visit(ParameterWriter{bytes}, key.parameters);
  return crypto::Sha256(bytes);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const VerifyingKeySet>> VerifyingKeySet::Parse(
    std::string_view jwk_set) {
  SLUICE_ASSIGN_OR_RETURN(JwkSet set, ParseJwkSet(jwk_set));
  return Make(std::move(set));
}

absl::StatusOr<std::shared_ptr<const VerifyingKeySet>> VerifyingKeySet::Make(JwkSet set) {
  std::shared_ptr<VerifyingKeySet> made(new VerifyingKeySet());
  made->skipped_ = std::move(set.skipped);
  for (Jwk& key : set.keys) {
    auto verifying = crypto::VerifyingKey::Make(key.parameters);
    if (!verifying.ok()) {
      made->skipped_.push_back(
          {.index = key.index,
           .reason = absl::StrCat("keys[", key.index, "]: ", verifying.status().message())});
      continue;
    }
    made->ids_.push_back(IdOf(key));
    made->keys_.push_back(*std::move(verifying));
    made->labels_.push_back(std::move(key.label));
  }
  if (made->keys_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "JWK set: it holds no key to check signatures with", made->skipped_.empty() ? "" : "; ",
        made->skipped_.empty() ? "" : made->skipped_.back().reason));
  }
  return made;
}

VerifyingKeySet::Checked VerifyingKeySet::CheckSignature(const CompactJws& jws) const {
  const KeyChoice choice = ChooseKeys(labels_, jws);
  if (choice.outcome != TokenOutcome::kAccepted) return {.outcome = choice.outcome};
  for (const uint32_t index : choice.indices) {
    if (keys_[index].Verifies(jws.algorithm, jws.signing_input, jws.signature)) {
      return {.outcome = TokenOutcome::kAccepted, .key = index};
    }
  }
  return {.outcome = TokenOutcome::kSignatureInvalid};
}

}  // namespace sluice::jose
