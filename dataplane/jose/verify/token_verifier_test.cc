// SPDX-License-Identifier: Apache-2.0
//
// A verifier with one key of each kind is given what clients make up. Cases named JW... are lines
// of the attack list, as far as they concern a token alone.
#include "dataplane/jose/verify/token_verifier.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "dataplane/crypto/test_signing_key.h"
#include "dataplane/jose/verify/test_tokens.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

using crypto::TestSigningKey;
using enum crypto::SignatureAlgorithm;

constexpr char kClaims[] = R"({"iss":"https://id.example","sub":"ann","aud":"shop","exp":1003600})";

class TokenVerifierTest : public testing::Test {
 protected:
  TokenVerifierTest() {
    rules_->issuer = "https://id.example";
    rules_->audiences = {"shop"};
    verifier_.SetKeys(all_keys_);
  }

  static std::shared_ptr<const VerifyingKeySet> KeysOf(const std::string& jwks) {
    auto set = VerifyingKeySet::Parse(JwkSetOf(jwks));
    EXPECT_TRUE(set.ok()) << set.status();
    return *std::move(set);
  }

  TokenOutcome Verify(std::string_view token) { return verifier_.Verify(token, now_).outcome; }

  std::string RsaToken(std::string_view payload = kClaims) const {
    return SignedToken(rsa_, kRs256, R"({"alg":"RS256","kid":"rsa"})", payload);
  }

  // The token's parts, to be put together otherwise.
  static std::vector<std::string> PartsOf(std::string_view token) {
    return absl::StrSplit(token, '.');
  }

  // Made once: it takes half a second.
  static const TestSigningKey& RsaKey() {
    static const auto& key = *new TestSigningKey(TestSigningKey::Rsa());
    return key;
  }

  const TestSigningKey& rsa_ = RsaKey();
  const TestSigningKey ec_ = TestSigningKey::Ec(crypto::EcCurve::kP256);
  const TestSigningKey secret_ = TestSigningKey::Secret(std::string(32, 's'));
  const std::string rsa_jwk_ = JwkOf(rsa_, R"("kid":"rsa","alg":"RS256")");
  const std::string ec_jwk_ = JwkOf(ec_, R"("kid":"ec")");
  const std::string secret_jwk_ = JwkOf(secret_, R"("kid":"secret")");
  const std::shared_ptr<const VerifyingKeySet> all_keys_ =
      KeysOf(absl::StrCat(rsa_jwk_, ",", ec_jwk_, ",", secret_jwk_));
  const std::shared_ptr<TokenRules> rules_ = std::make_shared<TokenRules>();
  TokenVerifier verifier_{rules_, {}};
  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
};

TEST_F(TokenVerifierTest, AcceptsATokenAndTellsItsClaims) {
  const TokenVerdict verdict = verifier_.Verify(RsaToken(), now_);
  ASSERT_EQ(verdict.outcome, TokenOutcome::kAccepted);
  EXPECT_EQ(verdict.claims->FindString("sub"), "ann");
}

TEST_F(TokenVerifierTest, AcceptsEachKindOfKey) {
  EXPECT_EQ(Verify(SignedToken(ec_, kEs256, R"({"alg":"ES256","kid":"ec"})", kClaims)),
            TokenOutcome::kAccepted);
  EXPECT_EQ(Verify(SignedToken(secret_, kHs256, R"({"alg":"HS256"})", kClaims)),
            TokenOutcome::kAccepted);
  EXPECT_EQ(Verify(SignedToken(rsa_, kRs256, R"({"alg":"RS256"})", kClaims)),
            TokenOutcome::kAccepted);
}

TEST_F(TokenVerifierTest, ARememberedTokenKeepsItsClaims) {
  const std::string token = RsaToken();
  const auto first = verifier_.Verify(token, now_);
  const auto second = verifier_.Verify(token, now_);
  EXPECT_EQ(verifier_.remembered().size(), 1u);
  EXPECT_EQ(first.claims, second.claims) << "the same object";
}

TEST_F(TokenVerifierTest, ARememberedTokenExpires) {
  const std::string token = RsaToken();
  EXPECT_EQ(Verify(token), TokenOutcome::kAccepted);
  now_ = absl::FromUnixSeconds(1'003'660);
  EXPECT_EQ(Verify(token), TokenOutcome::kExpired);
  EXPECT_EQ(Verify(token), TokenOutcome::kExpired) << "and when it is verified anew";
}

TEST_F(TokenVerifierTest, ARememberedTokenGoesWithItsKey) {
  const std::string token = RsaToken();
  EXPECT_EQ(Verify(token), TokenOutcome::kAccepted);
  verifier_.SetKeys(KeysOf(absl::StrCat(ec_jwk_, ",", rsa_jwk_)));
  EXPECT_EQ(Verify(token), TokenOutcome::kAccepted);
  EXPECT_EQ(verifier_.remembered().size(), 1u) << "the key is the same in another set";
  verifier_.SetKeys(KeysOf(ec_jwk_));
  EXPECT_EQ(Verify(token), TokenOutcome::kKeyNotFound);
  EXPECT_EQ(verifier_.remembered().size(), 0u);
}

TEST_F(TokenVerifierTest, ARememberedTokenGoesWhenItsKeyIsForAnotherAlgorithmNow) {
  const std::string token = RsaToken();
  EXPECT_EQ(Verify(token), TokenOutcome::kAccepted);
  verifier_.SetKeys(KeysOf(JwkOf(rsa_, R"("kid":"rsa","alg":"PS256")")));
  EXPECT_EQ(Verify(token), TokenOutcome::kAlgorithmNotAllowed);
}

TEST_F(TokenVerifierTest, WithoutKeysEachTokenIsRefused) {
  TokenVerifier fresh(rules_, {});
  EXPECT_EQ(fresh.Verify(RsaToken(), now_).outcome, TokenOutcome::kKeyNotFound);
  const std::string token = RsaToken();
  EXPECT_EQ(Verify(token), TokenOutcome::kAccepted);
  verifier_.SetKeys(nullptr);
  EXPECT_EQ(Verify(token), TokenOutcome::kKeyNotFound);
}

TEST_F(TokenVerifierTest, RefusedTokensAreNotRemembered) {
  EXPECT_EQ(Verify(RsaToken(R"({"iss":"https://evil.example"})")), TokenOutcome::kIssuerNotAllowed);
  EXPECT_EQ(Verify(RsaToken() + "A"), TokenOutcome::kSignatureInvalid);
  EXPECT_EQ(verifier_.remembered().size(), 0u);
}

TEST_F(TokenVerifierTest, JW01_NoAlgorithmNoEntry) {
  const std::string payload = absl::WebSafeBase64Escape(kClaims);
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"nOnE","kid":"rsa"})", "{}",
                             R"({"kid":"rsa"})", R"({"alg":"","kid":"rsa"})"}) {
    const std::string unsigned_token =
        absl::StrCat(absl::WebSafeBase64Escape(header), ".", payload, ".");
    EXPECT_EQ(Verify(unsigned_token), TokenOutcome::kAlgorithmNotAllowed) << header;
    EXPECT_EQ(Verify(SignedToken(rsa_, kRs256, header, kClaims)),
              TokenOutcome::kAlgorithmNotAllowed)
        << header;
  }
}

TEST_F(TokenVerifierTest, JW01_ThePublicKeyIsNoSecret) {
  const auto& rsa = std::get<crypto::RsaParameters>(rsa_.parameters());
  verifier_.SetKeys(KeysOf(absl::StrCat(rsa_jwk_, ",", ec_jwk_)));
  for (const std::string& known :
       {rsa.modulus, absl::WebSafeBase64Escape(rsa.modulus), rsa_jwk_, JwkSetOf(rsa_jwk_)}) {
    const TestSigningKey forger = TestSigningKey::Secret(known);
    EXPECT_EQ(Verify(SignedToken(forger, kHs256, R"({"alg":"HS256","kid":"rsa"})", kClaims)),
              TokenOutcome::kAlgorithmNotAllowed);
    EXPECT_EQ(Verify(SignedToken(forger, kHs256, R"({"alg":"HS256"})", kClaims)),
              TokenOutcome::kKeyNotFound);
  }
}

TEST_F(TokenVerifierTest, JW01_AnAlgorithmThatIsNotTheKeysIsRefused) {
  for (const auto& [name, algorithm] :
       {std::pair("RS384", kRs384), std::pair("PS256", kPs256), std::pair("RS512", kRs512)}) {
    const std::string header = absl::StrCat("{\"alg\":\"", name, "\",\"kid\":\"rsa\"}");
    EXPECT_EQ(Verify(SignedToken(rsa_, algorithm, header, kClaims)),
              TokenOutcome::kAlgorithmNotAllowed);
  }
  EXPECT_EQ(Verify(SignedToken(rsa_, kRs256, R"({"alg":"ES256","kid":"ec"})", kClaims)),
            TokenOutcome::kSignatureInvalid);
}

TEST_F(TokenVerifierTest, JW02_HostileKidsFindNoKey) {
  for (const std::string& kid :
       {std::string("../../rsa"), std::string("rsa'--"), std::string("rsa\\u0000"),
        std::string("RSA"), std::string("\\\"rsa\\\""), std::string(7000, 'k'), std::string()}) {
    const std::string header = absl::StrCat("{\"alg\":\"RS256\",\"kid\":\"", kid, "\"}");
    EXPECT_EQ(Verify(SignedToken(rsa_, kRs256, header, kClaims)), TokenOutcome::kKeyNotFound)
        << kid;
  }
  // 10 KiB are over the bound of a header.
  const std::string header =
      absl::StrCat(R"({"alg":"RS256","kid":")", std::string(10240, 'k'), "\"}");
  EXPECT_EQ(Verify(SignedToken(rsa_, kRs256, header, kClaims)), TokenOutcome::kMalformed);
}

TEST_F(TokenVerifierTest, JW02_WithoutAKidTenOfFiftyKeysAreTried) {
  const auto keys_with_ours_at = [&](int place) {
    std::vector<std::string> keys;
    for (int i = 0; i < 50; ++i) {
      keys.push_back(i == place
                         ? secret_jwk_
                         : JwkOf(TestSigningKey::Secret(absl::StrCat(std::string(32, 'x'), i))));
    }
    return KeysOf(absl::StrJoin(keys, ","));
  };
  const std::string token = SignedToken(secret_, kHs256, R"({"alg":"HS256"})", kClaims);
  const std::string named =
      SignedToken(secret_, kHs256, R"({"alg":"HS256","kid":"secret"})", kClaims);
  verifier_.SetKeys(keys_with_ours_at(9));
  EXPECT_EQ(Verify(token), TokenOutcome::kAccepted);
  TokenVerifier other(rules_, {});
  other.SetKeys(keys_with_ours_at(10));
  EXPECT_EQ(other.Verify(token, now_).outcome, TokenOutcome::kSignatureInvalid);
  EXPECT_EQ(other.Verify(named, now_).outcome, TokenOutcome::kAccepted);
}

// CVE-2018-0114.
TEST_F(TokenVerifierTest, JW03_ATokenDoesNotBringItsKey) {
  const TestSigningKey forger = TestSigningKey::Ec(crypto::EcCurve::kP256);
  for (const std::string& member :
       {absl::StrCat("\"jwk\":", JwkOf(forger)), std::string(R"("jku":"http://evil.example/jwks")"),
        std::string(R"("x5u":"http://evil.example/cert")"), std::string(R"("x5c":["MIIB"])")}) {
    for (const char* kid : {"", R"("kid":"ec",)"}) {
      const std::string header = absl::StrCat("{\"alg\":\"ES256\",", kid, member, "}");
      EXPECT_EQ(Verify(SignedToken(forger, kEs256, header, kClaims)),
                TokenOutcome::kSignatureInvalid)
          << header;
      EXPECT_EQ(Verify(SignedToken(ec_, kEs256, header, kClaims)), TokenOutcome::kAccepted)
          << header;
    }
  }
}

TEST_F(TokenVerifierTest, JW03_ExtensionsAreRefusedThoughTheSignatureIsGood) {
  for (const char* member : {R"("crit":["exp"])", R"("crit":["b64"],"b64":false)", R"("b64":false)",
                             R"("crit":["b64"],"b64":true)"}) {
    const std::string header = absl::StrCat(R"({"alg":"RS256","kid":"rsa",)", member, "}");
    EXPECT_EQ(Verify(SignedToken(rsa_, kRs256, header, kClaims)), TokenOutcome::kCriticalExtension)
        << member;
  }
}

TEST_F(TokenVerifierTest, JW04_SignaturesOfOtherFormsAreRefused) {
  const std::string token = SignedToken(ec_, kEs256, R"({"alg":"ES256","kid":"ec"})", kClaims);
  const auto parts = PartsOf(token);
  const auto with = [&](std::string_view signature) {
    return Verify(absl::StrCat(parts[0], ".", parts[1], ".", absl::WebSafeBase64Escape(signature)));
  };
  std::string raw;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(parts[2], &raw));
  ASSERT_EQ(with(raw), TokenOutcome::kAccepted);
  const std::string r = raw.substr(0, 32);
  const std::string s = raw.substr(32);
  const std::string der =
      std::string("\x30\x46\x02\x21\x00", 5) + r + std::string("\x02\x21\x00", 3) + s;
  for (const std::string& bad :
       {std::string(64, '\0'), std::string(32, '\0') + s, r + std::string(32, '\0'),
        std::string(64, '\xff'), der, std::string(), std::string(1024, 'x')}) {
    EXPECT_EQ(with(bad), TokenOutcome::kSignatureInvalid) << bad.size();
  }
  EXPECT_EQ(Verify(absl::StrCat(parts[0], ".", parts[1], ".", std::string(20000, 'A'))),
            TokenOutcome::kTooLarge);
  rules_->max_token_bytes = 1 << 20;
  EXPECT_EQ(Verify(absl::StrCat(parts[0], ".", parts[1], ".", std::string(20000, 'A'))),
            TokenOutcome::kMalformed);
}

TEST_F(TokenVerifierTest, JW05_DoubtfulTokensAreRefusedThoughTheSignatureIsGood) {
  for (const char* payload :
       {R"({"iss":"https://id.example","iss":"https://id.example","aud":"shop"})",
        R"({"iss":"https://id.example","aud":"shop","exp":"1003600"})",
        R"({"iss":"https://id.example","aud":"shop","exp":1e400})", "[]", "foo", ""}) {
    EXPECT_EQ(Verify(RsaToken(payload)), TokenOutcome::kClaimsMalformed) << payload;
  }
  for (const char* audience : {R"("sho")", R"("shop2")", R"(["other"])", R"("other-client")"}) {
    EXPECT_EQ(
        Verify(RsaToken(absl::StrCat(R"({"iss":"https://id.example","aud":)", audience, "}"))),
        TokenOutcome::kAudienceNotAllowed);
  }
  const std::string token = RsaToken();
  EXPECT_EQ(Verify(token + "="), TokenOutcome::kMalformed);
  EXPECT_EQ(Verify(token + ".e30"), TokenOutcome::kMalformed);
  EXPECT_EQ(Verify(token + " "), TokenOutcome::kMalformed);
  EXPECT_EQ(Verify(token + std::string(64 * 1024, 'A')), TokenOutcome::kTooLarge);
  EXPECT_EQ(
      Verify(SignedToken(rsa_, kRs256, R"({"alg":"RS256","kid":"rsa","kid":"rsa"})", kClaims)),
      TokenOutcome::kHeaderMalformed);
}

// A token has one spelling: else each would have a second that is not in the memory of good ones,
// or in a list of revoked ones.
TEST_F(TokenVerifierTest, JW05_StrayBitsMakeNoSecondToken) {
  std::string token = SignedToken(secret_, kHs256, R"({"alg":"HS256"})", kClaims);
  ASSERT_EQ(Verify(token), TokenOutcome::kAccepted);
  // 32 bytes leave two stray bits in the last character.
  token.back() = static_cast<char>(token.back() + 1);
  EXPECT_EQ(Verify(token), TokenOutcome::kMalformed);
}

TEST_F(TokenVerifierTest, JW06_TimesAreJudgedAtTheirEdges) {
  const auto outcome = [&](std::string_view times) {
    return Verify(
        RsaToken(absl::StrCat(R"({"iss":"https://id.example","aud":"shop",)", times, "}")));
  };
  EXPECT_EQ(outcome(R"("exp":999941)"), TokenOutcome::kAccepted);
  EXPECT_EQ(outcome(R"("exp":999940)"), TokenOutcome::kExpired);
  EXPECT_EQ(outcome(R"("nbf":1000060)"), TokenOutcome::kAccepted);
  EXPECT_EQ(outcome(R"("nbf":1000061)"), TokenOutcome::kNotYetValid);
  EXPECT_EQ(outcome(R"("iat":1000060)"), TokenOutcome::kAccepted);
  EXPECT_EQ(outcome(R"("iat":1000061)"), TokenOutcome::kIssuedInFuture);
  EXPECT_EQ(outcome(R"("sub":"forever")"), TokenOutcome::kAccepted);
  rules_->times.require_expiration = true;
  EXPECT_EQ(outcome(R"("sub":"for ever")"), TokenOutcome::kExpirationMissing);
}

TEST_F(TokenVerifierTest, JW07_NoTokenAnotherIssuerAndABadTokenBesideAGoodOne) {
  EXPECT_EQ(Verify(""), TokenOutcome::kMalformed);
  EXPECT_EQ(Verify(RsaToken(R"({"iss":"https://unknown.example","aud":"shop"})")),
            TokenOutcome::kIssuerNotAllowed);
  EXPECT_EQ(Verify(RsaToken(R"({"aud":"shop"})")), TokenOutcome::kIssuerNotAllowed);
  // That a good one was seen does not help a bad one of the same head and claims.
  const std::string good = RsaToken();
  EXPECT_EQ(Verify(good), TokenOutcome::kAccepted);
  const auto parts = PartsOf(good);
  EXPECT_EQ(Verify(absl::StrCat(parts[0], ".", parts[1], ".")), TokenOutcome::kSignatureInvalid);
  EXPECT_EQ(Verify(absl::StrCat(parts[0], ".", parts[1], ".", std::string(342, 'A'))),
            TokenOutcome::kSignatureInvalid);
  EXPECT_EQ(Verify(absl::StrCat(good, ",", good)), TokenOutcome::kMalformed);
}

TEST_F(TokenVerifierTest, UnsoundKeysAreLeftOutAndNamed) {
  const auto weak = JwkOf(TestSigningKey::Rsa(1024), R"("kid":"weak")");
  const auto set = VerifyingKeySet::Parse(JwkSetOf(absl::StrCat(weak, ",", ec_jwk_)));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->labels().size(), 1u);
  ASSERT_EQ((*set)->skipped().size(), 1u);
  EXPECT_EQ((*set)->skipped()[0].reason, "keys[0]: \"n\" has 1024 bits; it must have 2048 to 8192");
  const auto none = VerifyingKeySet::Parse(JwkSetOf(weak));
  EXPECT_EQ(none.status().message(),
            "JWK set: it holds no key to check signatures with; keys[0]: \"n\" has 1024 bits; it "
            "must have 2048 to 8192");
}

TEST_F(TokenVerifierTest, KeysHaveTheSameIdInEverySet) {
  const auto one = KeysOf(rsa_jwk_);
  const auto two = KeysOf(absl::StrCat(ec_jwk_, ",", rsa_jwk_));
  EXPECT_EQ(one->ids()[0], two->ids()[1]);
  EXPECT_NE(two->ids()[0], two->ids()[1]);
  EXPECT_NE(KeysOf(JwkOf(rsa_))->ids()[0], one->ids()[0]);
}

}  // namespace
}  // namespace sluice::jose
