// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/jwks.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/credential_source.h"

namespace sluice::manifest {
namespace {

using v1alpha1::IdentifyMethod;

// Headers that say who the client is, or that carry credentials: what a claim put there would be
// taken for something else.
bool SaysWhoTheClientIs(std::string_view lower) {
  constexpr std::array<std::string_view, 7> kNames = {"authorization",       "cookie", "forwarded",
                                                      "proxy-authorization", "via",    "x-real-ip",
                                                      "x-request-id"};
  for (const std::string_view name : kNames) {
    if (lower == name) return true;
  }
  return absl::StartsWith(lower, "x-forwarded-") || absl::StartsWith(lower, "x-envoy-");
}

void CheckClaimHeaders(const v1alpha1::JwtMethod& jwt, const std::string& path,
                       Findings& findings) {
  std::set<std::string> seen;
  for (int i = 0; i < jwt.claim_headers_size(); ++i) {
    const std::string& name = jwt.claim_headers(i).header();
    const std::string lower = absl::AsciiStrToLower(name);
    const std::string at = absl::StrCat(path, ".claimHeaders[", i, "].header");
    if (IsMessageHeader(lower) || SaysWhoTheClientIs(lower)) {
      findings.Add(at, absl::StrCat("\"", name,
                                    "\" may not be claimed: it has a meaning of its own; did you "
                                    "mean \"x-claim-",
                                    lower, "\"?"));
    } else if (!seen.insert(lower).second) {
      findings.Add(at, absl::StrCat("\"", name, "\" is set by another claim as well."));
    }
  }
}

void CheckKeys(const v1alpha1::JwtKeys& keys, const std::string& path, Findings& findings) {
  if (keys.inline_().empty() != keys.has_ref()) {
    findings.Add(
        path, keys.has_ref() ? "must not hold both inline and ref." : "must hold inline or ref.");
  }
  if (!keys.inline_().empty()) findings.Add(path + ".inline", CheckJwks(keys.inline_()));
}

void CheckJwt(const v1alpha1::JwtMethod& jwt, const std::string& path, Findings& findings) {
  CheckKeys(jwt.keys(), path + ".keys", findings);
  CheckCredentialSources(jwt.from(), path + ".from", findings);
  if (jwt.clock_skew().nanos() != 0) {
    findings.Add(path + ".clockSkew", "must be whole seconds; tokens count in them.");
  }
  CheckClaimHeaders(jwt, path, findings);
  std::set<std::string> claims;
  for (int i = 0; i < jwt.required_claims_size(); ++i) {
    if (claims.insert(jwt.required_claims(i).claim()).second) continue;
    findings.Add(absl::StrCat(path, ".requiredClaims[", i, "].claim"),
                 absl::StrCat("\"", jwt.required_claims(i).claim(), "\" is required twice."));
  }
}

// The field that `type` names must be there, and no other may.
void CheckUnion(std::string_view type, std::string_view named, bool is_set, bool may_be_absent,
                std::string_view field, const std::string& path, Findings& findings) {
  if (type == named && !is_set && !may_be_absent) {
    findings.Add(absl::StrCat(path, ".", field), absl::StrCat("is required with type ", type, "."));
  } else if (type != named && is_set && !type.empty()) {
    findings.Add(absl::StrCat(path, ".", field),
                 absl::StrCat("must be absent with type ", type, "."));
  }
}

}  // namespace

void CheckIdentifyMethod(const IdentifyMethod& method, const std::string& path,
                         Findings& findings) {
  const std::string& type = method.type();
  CheckUnion(type, "APIKey", method.has_api_key(), false, "apiKey", path, findings);
  CheckUnion(type, "JWT", method.has_jwt(), false, "jwt", path, findings);
  CheckUnion(type, "Basic", method.has_basic(), true, "basic", path, findings);
  if (method.has_api_key()) {
    CheckCredentialSources(method.api_key().from(), path + ".apiKey.from", findings);
  }
  if (method.has_jwt()) CheckJwt(method.jwt(), path + ".jwt", findings);
  // It stands in a quoted string of the challenge (RFC 9110 §11.5).
  if (absl::StrContains(method.basic().realm(), '"') ||
      absl::StrContains(method.basic().realm(), '\\')) {
    findings.Add(path + ".basic.realm", "must hold neither quotes nor backslashes.");
  }
}

}  // namespace sluice::manifest
