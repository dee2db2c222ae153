// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/token_outcome.h"

namespace sluice::jose {

std::string_view OutcomeDetail(TokenOutcome outcome) {
  switch (outcome) {
    case TokenOutcome::kAccepted:
      return "jwt-accepted";
    case TokenOutcome::kTooLarge:
      return "jwt-too-large";
    case TokenOutcome::kMalformed:
      return "jwt-malformed";
    case TokenOutcome::kHeaderMalformed:
      return "jwt-header-malformed";
    case TokenOutcome::kCriticalExtension:
      return "jwt-critical-extension";
    case TokenOutcome::kAlgorithmNotAllowed:
      return "jwt-algorithm-not-allowed";
    case TokenOutcome::kKeyNotFound:
      return "jwt-key-not-found";
    case TokenOutcome::kSignatureInvalid:
      return "jwt-signature-invalid";
    case TokenOutcome::kClaimsMalformed:
      return "jwt-claims-malformed";
    case TokenOutcome::kExpired:
      return "jwt-expired";
    case TokenOutcome::kNotYetValid:
      return "jwt-not-yet-valid";
    case TokenOutcome::kIssuedInFuture:
      return "jwt-issued-in-future";
    case TokenOutcome::kExpirationMissing:
      return "jwt-expiration-missing";
    case TokenOutcome::kLifetimeTooLong:
      return "jwt-lifetime-too-long";
    case TokenOutcome::kIssuerNotAllowed:
      return "jwt-issuer-not-allowed";
    case TokenOutcome::kAudienceNotAllowed:
      return "jwt-audience-not-allowed";
    case TokenOutcome::kSubjectNotAllowed:
      return "jwt-subject-not-allowed";
    case TokenOutcome::kClaimNotAllowed:
      return "jwt-claim-not-allowed";
  }
  return "jwt-malformed";
}

}  // namespace sluice::jose
