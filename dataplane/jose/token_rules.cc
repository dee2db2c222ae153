// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/token_rules.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_split.h"

namespace sluice::jose {
namespace {

bool IsOneOf(std::string_view value, const std::vector<std::string>& allowed) {
  return std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

bool HoldsOneOf(const http::Claim& claim, const std::vector<std::string>& allowed) {
  return std::any_of(claim.values.begin(), claim.values.end(),
                     [&](std::string_view value) { return IsOneOf(value, allowed); });
}

bool HasString(const http::Claims& claims, std::string_view path, std::string_view expected) {
  const http::Claim* claim = claims.Find(path);
  return claim != nullptr && claim->kind == http::ClaimKind::kString &&
         claim->values.front() == expected;
}

bool Meets(const http::Claim& claim, const RequiredClaim& required) {
  switch (claim.kind) {
    case http::ClaimKind::kOther:
      return false;
    case http::ClaimKind::kList:
      return required.how == RequiredClaim::How::kContains && HoldsOneOf(claim, required.any_of);
    case http::ClaimKind::kString:
      if (required.how == RequiredClaim::How::kContains) {
        for (const std::string_view word : absl::StrSplit(claim.values.front(), ' ')) {
          if (IsOneOf(word, required.any_of)) return true;
        }
        return false;
      }
      break;
    case http::ClaimKind::kNumber:
    case http::ClaimKind::kBool:
      break;
  }
  return required.how == RequiredClaim::How::kEquals && HoldsOneOf(claim, required.any_of);
}

}  // namespace

TokenOutcome CheckClaims(const http::Claims& claims, const TokenRules& rules) {
  if (!rules.issuer.empty() && !HasString(claims, "iss", rules.issuer)) {
    return TokenOutcome::kIssuerNotAllowed;
  }
  if (!rules.audiences.empty()) {
    const http::Claim* audience = claims.Find("aud");
    if (audience == nullptr || !HoldsOneOf(*audience, rules.audiences)) {
      return TokenOutcome::kAudienceNotAllowed;
    }
  }
  if (!rules.subject.empty() && !HasString(claims, "sub", rules.subject)) {
    return TokenOutcome::kSubjectNotAllowed;
  }
  for (const RequiredClaim& required : rules.required) {
    const http::Claim* claim = claims.Find(required.path);
    if (claim == nullptr || !Meets(*claim, required)) return TokenOutcome::kClaimNotAllowed;
  }
  return TokenOutcome::kAccepted;
}

}  // namespace sluice::jose
