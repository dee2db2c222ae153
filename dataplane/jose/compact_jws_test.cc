// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/compact_jws.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

using crypto::SignatureAlgorithm;

std::string Encoded(std::string_view text) { return absl::WebSafeBase64Escape(text); }

std::string TokenWith(std::string_view header) {
  return absl::StrCat(Encoded(header), ".", Encoded("{}"), ".", Encoded("signature"));
}

TokenOutcome Parse(std::string_view token, size_t max_bytes = kDefaultMaxTokenBytes) {
  CompactJws jws;
  return ParseCompactJws(token, max_bytes, jws);
}

TokenOutcome ParseHeader(std::string_view header) { return Parse(TokenWith(header)); }

TEST(CompactJwsTest, TakesATokenApart) {
  const std::string token = TokenWith(R"({"alg":"ES256","kid":"a/../b","typ":"JWT"})");
  CompactJws jws;
  ASSERT_EQ(ParseCompactJws(token, 1000, jws), TokenOutcome::kAccepted);
  EXPECT_EQ(jws.signing_input, token.substr(0, token.rfind('.')));
  EXPECT_EQ(jws.algorithm, SignatureAlgorithm::kEs256);
  EXPECT_EQ(jws.kid, "a/../b");
  EXPECT_EQ(jws.payload, "{}");
  EXPECT_EQ(jws.signature, "signature");
}

TEST(CompactJwsTest, AnEmptyKidIsAKid) {
  CompactJws jws;
  ASSERT_EQ(ParseCompactJws(TokenWith(R"({"alg":"ES256","kid":""})"), 1000, jws),
            TokenOutcome::kAccepted);
  EXPECT_EQ(jws.kid, "");
  ASSERT_EQ(ParseCompactJws(TokenWith(R"({"alg":"ES256"})"), 1000, jws), TokenOutcome::kAccepted);
  EXPECT_EQ(jws.kid, std::nullopt);
}

TEST(CompactJwsTest, JW01_OnlyRegisteredAlgorithmsThatSignAreKnown) {
  for (const char* alg : {"none", "nOnE", "NONE", "", "hs256", "HS256 ", "HS1", "RSA-OAEP", "dir",
                          "A256GCM", "ES256K", "null"}) {
    EXPECT_EQ(ParseHeader(absl::StrCat("{\"alg\":\"", alg, "\"}")),
              TokenOutcome::kAlgorithmNotAllowed)
        << alg;
  }
  EXPECT_EQ(ParseHeader("{}"), TokenOutcome::kAlgorithmNotAllowed);
  EXPECT_EQ(ParseHeader(R"({"ALG":"HS256"})"), TokenOutcome::kAlgorithmNotAllowed);
  for (const char* alg : {"null", "true", "256", "[\"HS256\"]", "{\"alg\":\"HS256\"}"}) {
    EXPECT_EQ(ParseHeader(absl::StrCat("{\"alg\":", alg, "}")), TokenOutcome::kHeaderMalformed)
        << alg;
  }
}

// RFC 7515 §A.5.
TEST(CompactJwsTest, JW01_TheUnsecuredTokenOfTheRfcIsRefused) {
  EXPECT_EQ(Parse("eyJhbGciOiJub25lIn0."
                  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                  "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."),
            TokenOutcome::kAlgorithmNotAllowed);
}

TEST(CompactJwsTest, JW03_ExtensionsAreRefusedAndOtherKeysIgnored) {
  // RFC 7515 §E: an extension that nobody knows.
  EXPECT_EQ(Parse("eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERU"
                  "ZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0."
                  "RkFJTA."),
            TokenOutcome::kCriticalExtension);
  for (const char* crit : {"[\"exp\"]", "[\"b64\"]", "[]", "null", "\"\""}) {
    EXPECT_EQ(ParseHeader(absl::StrCat(R"({"alg":"HS256","crit":)", crit, "}")),
              TokenOutcome::kCriticalExtension)
        << crit;
  }
  for (const char* b64 : {"false", "\"true\"", "0", "null", "[]"}) {
    EXPECT_EQ(ParseHeader(absl::StrCat(R"({"alg":"HS256","b64":)", b64, "}")),
              TokenOutcome::kCriticalExtension)
        << b64;
  }
  EXPECT_EQ(ParseHeader(R"({"alg":"HS256","b64":true})"), TokenOutcome::kAccepted);
  EXPECT_EQ(ParseHeader(R"({"alg":"HS256","jku":"http://evil.example/","x5u":7,"x5c":["x"],
                            "jwk":{"kty":"oct","k":"AAAA"}})"),
            TokenOutcome::kAccepted);
}

TEST(CompactJwsTest, JW05_PartsAreThree) {
  const std::string token = TokenWith(R"({"alg":"HS256"})");
  const std::string header = Encoded(R"({"alg":"HS256"})");
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("..."), header,
        absl::StrCat(header, "."), absl::StrCat(header, ".e30"), absl::StrCat(token, "."),
        absl::StrCat(token, ".e30"), absl::StrCat(".", token), absl::StrCat(token, " "),
        absl::StrCat(" ", token), absl::StrCat("Bearer ", token), absl::StrCat(token, "\n"),
        std::string(R"({"payload":"Zm9v","signatures":[]})"), std::string(100, '.')}) {
    const TokenOutcome outcome = Parse(bad);
    EXPECT_TRUE(outcome == TokenOutcome::kMalformed || outcome == TokenOutcome::kHeaderMalformed)
        << bad << ": " << OutcomeDetail(outcome);
  }
}

TEST(CompactJwsTest, JW05_Base64IsStrictInEachPart) {
  const std::string header = Encoded(R"({"alg":"HS256"})");
  ASSERT_EQ(Parse(absl::StrCat(header, ".e30.AA")), TokenOutcome::kAccepted);
  for (const char* bad : {"e30=", "e3 0", "e30\n", "e3+0", "e3/0", "e", "AB"}) {
    EXPECT_EQ(Parse(absl::StrCat(bad, ".e30.AA")), TokenOutcome::kMalformed) << bad;
    EXPECT_EQ(Parse(absl::StrCat(header, ".", bad, ".AA")), TokenOutcome::kMalformed) << bad;
    EXPECT_EQ(Parse(absl::StrCat(header, ".e30.", bad)), TokenOutcome::kMalformed) << bad;
  }
}

TEST(CompactJwsTest, JW05_HeadersAreOneStrictObject) {
  for (const char* header :
       {R"({"alg":"HS256","alg":"none"})", R"({"alg":"HS256","\u0061lg":"none"})", "[]", "",
        "\"HS256\"", "{", R"({"alg":"HS256"}{})", R"({"alg":"HS256","n":1e400})",
        R"({"alg":"HS256","kid":7})", R"({"alg":"HS256","kid":null})",
        R"({"alg":"HS256","kid":"a","kid":"b"})", R"({"alg":"HS256","a":[[[[1]]]]})",
        "{\"alg\":\"HS256\",\"kid\":\"\xff\"}"}) {
    EXPECT_EQ(ParseHeader(header), TokenOutcome::kHeaderMalformed) << header;
  }
}

TEST(CompactJwsTest, JW05_LengthsAreBounded) {
  const std::string token = TokenWith(R"({"alg":"HS256"})");
  EXPECT_EQ(Parse(token, token.size()), TokenOutcome::kAccepted);
  EXPECT_EQ(Parse(token, token.size() - 1), TokenOutcome::kTooLarge);
  EXPECT_EQ(Parse(std::string(64 * 1024, 'A')), TokenOutcome::kTooLarge);
  const std::string wide = absl::StrCat(R"({"alg":"HS256","x":")", std::string(8192, 'x'), "\"}");
  EXPECT_EQ(ParseHeader(wide), TokenOutcome::kMalformed);
}

TEST(CompactJwsTest, JW04_LongSignaturesAreRefusedBeforeTheyAreDecoded) {
  const std::string start = absl::StrCat(Encoded(R"({"alg":"ES256"})"), ".e30.");
  const std::string most = Encoded(std::string(crypto::kMaxSignatureBytes, 's'));
  EXPECT_EQ(Parse(start + most), TokenOutcome::kAccepted);
  EXPECT_EQ(Parse(start + Encoded(std::string(crypto::kMaxSignatureBytes + 1, 's'))),
            TokenOutcome::kMalformed);
  EXPECT_EQ(Parse(start + std::string(20000, 'A'), 1 << 20), TokenOutcome::kMalformed);
}

TEST(CompactJwsTest, AFailedParseLeavesNothingOfTheTokenBefore) {
  CompactJws jws;
  ASSERT_EQ(ParseCompactJws(TokenWith(R"({"alg":"ES256","kid":"k"})"), 1000, jws),
            TokenOutcome::kAccepted);
  EXPECT_EQ(ParseCompactJws("x", 1000, jws), TokenOutcome::kMalformed);
  EXPECT_EQ(jws.kid, std::nullopt);
  EXPECT_EQ(jws.signature, "");
}

}  // namespace
}  // namespace sluice::jose
