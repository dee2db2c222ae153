// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::jose {

// What became of a token. A value of the request path.
enum class TokenOutcome : uint8_t {
  kAccepted,
  kTooLarge,             // longer than the rules allow; nothing else was looked at
  kMalformed,            // not three parts of strict base64url
  kHeaderMalformed,      // the JOSE header is no JSON object, or a member is of another type
  kCriticalExtension,    // "crit", or "b64": false
  kAlgorithmNotAllowed,  // no or an unknown "alg", or one that the key is not for
  kKeyNotFound,          // no key has this "kid", or none is for this "alg"
  kSignatureInvalid,
  kClaimsMalformed,  // the payload is no JSON object, over a bound, or a claim is of another type
  kExpired,
  kNotYetValid,
  kIssuedInFuture,
  kExpirationMissing,
  kLifetimeTooLong,
  kIssuerNotAllowed,
  kAudienceNotAllowed,
  kSubjectNotAllowed,
  kClaimNotAllowed,
};

// A stable token of kebab-case for logs and problem details: "jwt-expired". A literal;
// "jwt-accepted" for kAccepted.
[[nodiscard]] std::string_view OutcomeDetail(TokenOutcome outcome);

}  // namespace sluice::jose
