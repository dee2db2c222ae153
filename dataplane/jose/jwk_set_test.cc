// SPDX-License-Identifier: Apache-2.0
//
// Each case is one key in a set beside a good one, so that leaving it out shows.
#include "dataplane/jose/jwk_set.h"

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

using crypto::SignatureAlgorithm;

// RFC 7515 §A.1.
constexpr char kSecret[] =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";
// RFC 7517 §A.1: its EC key, with use "enc" in the RFC.
constexpr char kEc[] =
    R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"1"})";
// RFC 8037 §A.2.
constexpr char kOkp[] =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

std::string SetOf(std::string_view keys) { return absl::StrCat("{\"keys\":[", keys, "]}"); }

// The reason why `key` is left out of a set, or "taken".
std::string Skipped(std::string_view key) {
  const auto set = ParseJwkSet(SetOf(absl::StrCat(key, ",", kSecret)));
  if (!set.ok()) return std::string(set.status().message());
  EXPECT_EQ(set->keys.size() + set->skipped.size(), 2u);
  return set->skipped.empty() ? "taken" : set->skipped[0].reason;
}

// The key with one piece of its text changed.
std::string With(std::string_view key, std::string_view from, std::string_view to) {
  std::string changed = absl::StrReplaceAll(key, {{from, to}});
  EXPECT_NE(changed, key);
  return changed;
}

std::string Refusal(std::string_view text) {
  const auto set = ParseJwkSet(text);
  return set.ok() ? "taken" : std::string(set.status().message());
}

TEST(JwkSetTest, ReadsTheKeysOfTheRfcs) {
  // RFC 7517 §A.1: an encryption key, and an RSA key for RS256.
  const auto set = ParseJwkSet(SetOf(absl::StrCat(
      With(kEc, R"("kid":"1")", R"("use":"enc","kid":"1")"), ",",
      R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
           "e":"AQAB","alg":"RS256","kid":"2011-04-29"},)",
      kOkp, ",", kSecret)));
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ(set->keys.size(), 3u);
  EXPECT_EQ(set->keys[0].index, 1u);
  EXPECT_EQ(set->keys[0].label.kid, "2011-04-29");
  EXPECT_TRUE(set->keys[0].label.algorithms.Has(SignatureAlgorithm::kRs256));
  EXPECT_FALSE(set->keys[0].label.algorithms.Has(SignatureAlgorithm::kPs256));
  EXPECT_EQ(std::get<crypto::RsaParameters>(set->keys[0].parameters).modulus.size(), 256u);
  EXPECT_EQ(std::get<crypto::RsaParameters>(set->keys[0].parameters).exponent,
            std::string("\x01\x00\x01", 3));
  EXPECT_EQ(set->keys[1].label.kid, std::nullopt);
  EXPECT_TRUE(set->keys[1].label.algorithms.Has(SignatureAlgorithm::kEdDsa));
  EXPECT_EQ(std::get<crypto::SecretParameters>(set->keys[2].parameters).secret.size(), 64u);
  ASSERT_EQ(set->skipped.size(), 1u);
  EXPECT_EQ(set->skipped[0].reason, R"(keys[0].use: "enc" does not check signatures)");
}

TEST(JwkSetTest, WithoutAlgAKeyIsForAllOfItsType) {
  const auto set = ParseJwkSet(SetOf(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"));
  ASSERT_TRUE(set.ok()) << set.status();
  for (const auto algorithm : {SignatureAlgorithm::kRs256, SignatureAlgorithm::kPs512}) {
    EXPECT_TRUE(set->keys[0].label.algorithms.Has(algorithm));
  }
  EXPECT_FALSE(set->keys[0].label.algorithms.Has(SignatureAlgorithm::kHs256));
}

TEST(JwkSetTest, CertificatesAndPrivateMembersAreNotLookedAt) {
  EXPECT_EQ(Skipped(With(kEc, "\"kid\"", R"("x5c":[7],"x5u":{},"d":null,"ext":true,"kid")")),
            "taken");
}

TEST(JwkSetTest, UnknownKindsAreLeftOut) {
  EXPECT_EQ(Skipped(R"({"kty":"AKP","alg":"ML-DSA-44"})"), R"(keys[0].kty: "AKP" is not known)");
  EXPECT_EQ(Skipped(With(kEc, "P-256", "secp256k1")), R"(keys[0].crv: "secp256k1" is not known)");
  EXPECT_EQ(Skipped(With(kOkp, "Ed25519", "X25519")), R"(keys[0].crv: "X25519" is not known)");
  EXPECT_EQ(Skipped(With(kEc, "\"EC\"", "\"ec\"")), R"(keys[0].kty: "ec" is not known)");
  EXPECT_EQ(Skipped("7"), "keys[0]: is not an object");
  EXPECT_EQ(Skipped("{}"), "keys[0]: \"kty\" is missing");
}

TEST(JwkSetTest, KeysForOtherPurposesAreLeftOut) {
  EXPECT_EQ(Skipped(With(kEc, "\"kid\"", R"("use":"sig","key_ops":["sign","verify"],"kid")")),
            "taken");
  EXPECT_EQ(Skipped(With(kEc, "\"kid\"", R"("use":"tls","kid")")),
            R"(keys[0].use: "tls" does not check signatures)");
  EXPECT_EQ(Skipped(With(kEc, "\"kid\"", R"("use":1,"kid")")), "keys[0].use: is not a string");
  for (const char* operations : {"[\"sign\"]", "[]", "\"verify\"", "[[\"verify\"]]"}) {
    EXPECT_EQ(Skipped(With(kEc, "\"kid\"", absl::StrCat("\"key_ops\":", operations, ",\"kid\""))),
              R"(keys[0].key_ops: does not hold "verify")");
  }
}

TEST(JwkSetTest, AnAlgThatDoesNotFitTheKeyLeavesItOut) {
  for (const char* alg : {"HS256", "RS256", "ES384", "ECDH-ES", "none", "es256", ""}) {
    EXPECT_EQ(Skipped(With(kEc, "\"kid\"", absl::StrCat("\"alg\":\"", alg, "\",\"kid\""))),
              absl::StrCat("keys[0].alg: \"", alg, "\" does not check signatures with such a key"));
  }
  EXPECT_EQ(Skipped(With(kEc, "\"kid\"", R"("alg":"ES256","kid")")), "taken");
  EXPECT_EQ(Skipped(With(kEc, "\"kid\"", R"("alg":null,"kid")")), "keys[0].alg: is not a string");
}

TEST(JwkSetTest, MalformedMembersLeaveTheKeyOut) {
  EXPECT_EQ(Skipped(With(kOkp, "HURo", "HURo=")), "keys[0].x: is not base64url without padding");
  EXPECT_EQ(Skipped(With(kOkp, "HURo", "HUR")), "keys[0].x: is not base64url without padding");
  EXPECT_EQ(Skipped(With(kOkp, "HURo", "")), "keys[0].x: does not have 32 bytes");
  EXPECT_EQ(Skipped(With(kOkp, "\"11", "\"\\n11")), "keys[0].x: is not base64url without padding");
  EXPECT_EQ(Skipped(With(kEc, "4IFyM", "4IFyMAAA")),
            R"(keys[0]: "x" and "y" do not have the length of the curve's coordinates)");
  EXPECT_EQ(Skipped(R"({"kty":"RSA","e":"AQAB"})"), "keys[0]: \"n\" is missing");
  EXPECT_EQ(Skipped(R"({"kty":"RSA","n":"AQAB","e":65537})"), "keys[0].e: is not a string");
  EXPECT_EQ(Skipped(R"({"kty":"oct","k":"c2hvcnQ"})"),
            "keys[0].k: has 5 bytes; HS256 takes at least 32 (RFC 7518 section 3.2)");
}

TEST(JwkSetTest, SecretsAreForTheHashesTheyAreLongEnoughFor) {
  const auto set =
      ParseJwkSet(SetOf(R"({"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"})"));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_TRUE(set->keys[0].label.algorithms.Has(SignatureAlgorithm::kHs256));
  EXPECT_FALSE(set->keys[0].label.algorithms.Has(SignatureAlgorithm::kHs384));
  EXPECT_EQ(
      Skipped(R"({"kty":"oct","alg":"HS512","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"})"),
      R"(keys[0].alg: "HS512" does not check signatures with such a key)");
}

TEST(JwkSetTest, KidsHaveABound) {
  EXPECT_EQ(Skipped(With(kEc, "\"1\"", absl::StrCat("\"", std::string(256, 'k'), "\""))), "taken");
  EXPECT_EQ(Skipped(With(kEc, "\"1\"", absl::StrCat("\"", std::string(257, 'k'), "\""))),
            "keys[0].kid: has 257 bytes; at most 256 are allowed");
  EXPECT_EQ(Skipped(With(kEc, "\"1\"", "1")), "keys[0].kid: is not a string");
}

TEST(JwkSetTest, ADoubtfulDocumentIsRefusedWhole) {
  EXPECT_EQ(Refusal(SetOf(R"({"kty":"oct","kty":"EC"})")),
            R"(JWK set: keys[0]: member "kty" appears twice)");
  EXPECT_EQ(Refusal("<html>").substr(0, 21), "JWK set: is not JSON:");
  EXPECT_EQ(Refusal("[]"), "JWK set: is not an object");
  EXPECT_EQ(Refusal("{}"), "JWK set: \"keys\" must be an array");
  EXPECT_EQ(Refusal(R"({"keys":{}})"), "JWK set: \"keys\" must be an array");
  EXPECT_EQ(Refusal(R"({"keys":[]})"), "JWK set: it holds no key to check signatures with");
  EXPECT_EQ(Refusal(SetOf(R"({"kty":"x"})")),
            R"(JWK set: it holds no key to check signatures with; keys[0].kty: "x" is not known)");
}

TEST(JwkSetTest, SetsHaveBounds) {
  std::string keys = kSecret;
  for (int i = 1; i < 100; ++i) absl::StrAppend(&keys, ",", kSecret);
  EXPECT_EQ(Refusal(SetOf(keys)), "taken");
  EXPECT_EQ(Refusal(SetOf(absl::StrCat(keys, ",", kSecret))),
            "JWK set: \"keys\" has 101 items; at most 100 are allowed");
  EXPECT_EQ(Refusal(absl::StrCat(SetOf(kSecret), std::string(kMaxJwkSetBytes, ' '))).substr(0, 12),
            "JWK set: has");
}

TEST(JwkSetTest, ReasonsAreShortAndPrintable) {
  const std::string reason = Skipped(absl::StrCat(R"({"kty":")", std::string(9000, 'x'), R"("})"));
  EXPECT_LT(reason.size(), 100u);
  EXPECT_EQ(Skipped(R"({"kty":"a\u0000\nb"})"), R"(keys[0].kty: "a\x00\nb" is not known)");
}

}  // namespace
}  // namespace sluice::jose
