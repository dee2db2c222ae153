// SPDX-License-Identifier: Apache-2.0
// A token that is remembered costs no allocation, nor do rules and the choice of keys. Measured by
// counting every operator new of this binary.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/allocation_count.h"
#include "dataplane/crypto/test_signing_key.h"
#include "dataplane/jose/claims_reader.h"
#include "dataplane/jose/key_choice.h"
#include "dataplane/jose/token_rules.h"
#include "dataplane/jose/verify/test_tokens.h"
#include "dataplane/jose/verify/token_verifier.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

constexpr char kClaims[] =
    R"({"iss":"joe","aud":["x","shop"],"exp":1003600,"scope":"openid read","r":{"roles":["admin"]}})";

std::shared_ptr<TokenRules> MakeRules() {
  auto rules = std::make_shared<TokenRules>();
  rules->issuer = "joe";
  rules->audiences = {"shop"};
  rules->required = {
      {.path = "scope", .how = RequiredClaim::How::kContains, .any_of = {"write", "read"}},
      {.path = "r.roles", .how = RequiredClaim::How::kContains, .any_of = {"admin"}},
      {.path = "iss", .how = RequiredClaim::How::kEquals, .any_of = {"joe"}}};
  return rules;
}

TEST(TokenAllocationTest, ARememberedTokenCostsNone) {
  const auto key = crypto::TestSigningKey::Secret(std::string(32, 's'));
  auto keys = VerifyingKeySet::Parse(JwkSetOf(JwkOf(key)));
  ASSERT_TRUE(keys.ok()) << keys.status();
  TokenVerifier verifier(MakeRules(), {});
  verifier.SetKeys(*std::move(keys));
  const std::string token =
      SignedToken(key, crypto::SignatureAlgorithm::kHs256, R"({"alg":"HS256"})", kClaims);
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  ASSERT_EQ(verifier.Verify(token, now).outcome, TokenOutcome::kAccepted);
  const size_t before = base::AllocationCount();
  for (int i = 0; i < 100; ++i) {
    const TokenVerdict verdict = verifier.Verify(token, now);
    if (verdict.outcome != TokenOutcome::kAccepted) FAIL();
    if (verdict.claims->Find("r.roles") == nullptr) FAIL();
  }
  EXPECT_EQ(base::AllocationCount(), before);
}

TEST(TokenAllocationTest, RulesCostNone) {
  const auto rules = MakeRules();
  TokenClaims read;
  ASSERT_EQ(ReadClaims(kClaims, read), TokenOutcome::kAccepted);
  const size_t before = base::AllocationCount();
  const TokenOutcome outcome = CheckClaims(*read.claims, *rules);
  EXPECT_EQ(base::AllocationCount(), before);
  EXPECT_EQ(outcome, TokenOutcome::kAccepted);
}

TEST(TokenAllocationTest, TheChoiceOfKeysCostsNone) {
  KeyLabel label{.kid = "k", .algorithms = {}};
  label.algorithms.Add(crypto::SignatureAlgorithm::kRs256);
  const std::vector<KeyLabel> labels(50, label);
  CompactJws jws;
  jws.algorithm = crypto::SignatureAlgorithm::kRs256;
  const size_t before = base::AllocationCount();
  const KeyChoice choice = ChooseKeys(labels, jws);
  EXPECT_EQ(base::AllocationCount(), before);
  EXPECT_EQ(choice.indices.size(), kMaxKeyTries);
}

}  // namespace
}  // namespace sluice::jose
