// SPDX-License-Identifier: Apache-2.0
//
// Whatever a payload holds, reading it ends in a refusal or in claims that are sorted, each found
// by its path, of as many values as its kind has, and within the bounds; and rules can judge them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/log/check.h"
#include "absl/time/time.h"
#include "dataplane/http/claims.h"
#include "dataplane/jose/claims_reader.h"
#include "dataplane/jose/token_rules.h"

namespace sluice::jose {
namespace {

void CheckClaim(const http::Claims& claims, const http::Claim& claim) {
  CHECK_EQ(claims.Find(claim.path), &claim);
  switch (claim.kind) {
    case http::ClaimKind::kString:
    case http::ClaimKind::kNumber:
    case http::ClaimKind::kBool:
      CHECK_EQ(claim.values.size(), 1u);
      break;
    case http::ClaimKind::kOther:
      CHECK(claim.values.empty());
      break;
    case http::ClaimKind::kList:
      break;
  }
}

void Judge(const TokenClaims& read) {
  TokenRules rules = {.issuer = "joe", .audiences = {"shop"}, .subject = "ann"};
  for (const auto how : {RequiredClaim::How::kEquals, RequiredClaim::How::kContains}) {
    rules.required = {{.path = "scope", .how = how, .any_of = {"read"}}};
    (void)CheckClaims(*read.claims, rules);
  }
  (void)CheckTimes(read.times, rules.times, absl::FromUnixSeconds(1300819380));
}

void Run(std::string_view payload) {
  TokenClaims read;
  if (ReadClaims(payload, read) != TokenOutcome::kAccepted) return;
  CHECK_LE(payload.size(), kMaxPayloadBytes);
  // Paths and values; an entry and a view for each value at most.
  CHECK_LE(read.claims->bytes(),
           2 * kMaxPayloadBytes + kMaxClaimPathBytes + 4200 * (sizeof(http::Claim) + 16));
  const http::Claim* before = nullptr;
  for (const http::Claim& claim : read.claims->entries()) {
    CHECK(before == nullptr || before->path < claim.path);
    CheckClaim(*read.claims, claim);
    before = &claim;
  }
  Judge(read);
}

}  // namespace
}  // namespace sluice::jose

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::jose::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
