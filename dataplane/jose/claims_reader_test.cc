// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/claims_reader.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

using http::ClaimKind;

std::string KindName(ClaimKind kind) {
  switch (kind) {
    case ClaimKind::kString:
      return "string";
    case ClaimKind::kNumber:
      return "number";
    case ClaimKind::kBool:
      return "bool";
    case ClaimKind::kList:
      return "list";
    case ClaimKind::kOther:
      return "other";
  }
  return "";
}

// "path kind value,value; ...", or the refusal.
std::string Read(std::string_view payload) {
  TokenClaims read;
  const TokenOutcome outcome = ReadClaims(payload, read);
  if (outcome != TokenOutcome::kAccepted) return std::string(OutcomeDetail(outcome));
  std::vector<std::string> lines;
  for (const http::Claim& claim : read.claims->entries()) {
    lines.push_back(absl::StrCat(claim.path, " ", KindName(claim.kind),
                                 claim.values.empty() ? "" : " ",
                                 absl::StrJoin(claim.values, ",")));
  }
  return absl::StrJoin(lines, "; ");
}

constexpr char kRefused[] = "jwt-claims-malformed";

// RFC 7519 §3.1.
TEST(ClaimsReaderTest, ReadsTheExampleOfTheRfc) {
  TokenClaims read;
  ASSERT_EQ(ReadClaims("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
                       "\"http://example.com/is_root\":true}",
                       read),
            TokenOutcome::kAccepted);
  EXPECT_EQ(read.claims->FindString("iss"), "joe");
  EXPECT_EQ(read.claims->Find("http://example.com/is_root")->kind, ClaimKind::kBool);
  EXPECT_EQ(read.times.expires, absl::FromUnixSeconds(1300819380));
  EXPECT_EQ(read.times.not_before, std::nullopt);
  EXPECT_EQ(read.times.issued, std::nullopt);
}

TEST(ClaimsReaderTest, EveryKindOfValueHasItsForm) {
  EXPECT_EQ(Read(R"({"s":"x","n":1.50,"i":7,"t":true,"z":null,"l":["a",1,false],"e":[],"o":{}})"),
            "e list; i number 7; l list a,1,false; n number 1.50; o other; s string x; "
            "t bool true; z other");
}

TEST(ClaimsReaderTest, MembersOfObjectsHavePaths) {
  EXPECT_EQ(Read(R"({"realm_access":{"roles":["admin","user"],"x":{"y":1}}})"),
            "realm_access other; realm_access.roles list admin,user; realm_access.x other; "
            "realm_access.x.y number 1");
}

TEST(ClaimsReaderTest, ALiteralNameHidesAMemberInEitherOrder) {
  EXPECT_EQ(Read(R"({"a":{"b":"member"},"a.b":"literal"})"), "a other; a.b string literal");
  EXPECT_EQ(Read(R"({"a.b":"literal","a":{"b":"member"}})"), "a other; a.b string literal");
}

TEST(ClaimsReaderTest, ObjectsInArraysAreNotSeen) {
  EXPECT_EQ(Read(R"({"l":["a",{"b":1},["c"],null,"d"]})"), "l list a,d");
}

TEST(ClaimsReaderTest, EmptyNamesAreNames) {
  EXPECT_EQ(Read(R"({"":{"":1}})"), " other; . number 1");
}

TEST(ClaimsReaderTest, JW05_DatesAreNumbersInBounds) {
  for (const char* name : {"exp", "nbf", "iat"}) {
    for (const char* bad : {"\"1300819380\"", "null", "true", "[1]", "{}", "-1", "1e400", "1e300",
                            "253402300800", "99999999999999999999"}) {
      EXPECT_EQ(Read(absl::StrCat("{\"", name, "\":", bad, "}")), kRefused) << name << bad;
    }
    for (const char* good : {"0", "1300819380", "1300819380.5", "1.3e9", "253402300799"}) {
      EXPECT_NE(Read(absl::StrCat("{\"", name, "\":", good, "}")), kRefused) << name << good;
    }
  }
  TokenClaims read;
  ASSERT_EQ(ReadClaims(R"({"exp":1300819380.5,"nbf":0,"iat":1.3e9})", read),
            TokenOutcome::kAccepted);
  EXPECT_EQ(read.times.expires, absl::FromUnixMillis(1300819380500));
  EXPECT_EQ(read.times.not_before, absl::UnixEpoch());
  EXPECT_EQ(read.times.issued, absl::FromUnixSeconds(1300000000));
}

TEST(ClaimsReaderTest, JW05_AudiencesAreStrings) {
  EXPECT_EQ(Read(R"({"aud":"a"})"), "aud string a");
  EXPECT_EQ(Read(R"({"aud":["a","b"]})"), "aud list a,b");
  EXPECT_EQ(Read(R"({"aud":[]})"), "aud list");
  for (const char* bad : {"1", "true", "null", "{}", "[1]", "[\"a\",1]", "[[\"a\"]]"}) {
    EXPECT_EQ(Read(absl::StrCat("{\"aud\":", bad, "}")), kRefused) << bad;
  }
}

TEST(ClaimsReaderTest, JW05_DoubtfulPayloadsAreRefused) {
  for (const char* bad :
       {"", "[]", "foo", "\"foo\"", "{", "{}{}", R"({"sub":"a","sub":"b"})",
        R"({"a":{"b":1,"b":2}})", R"({"exp":1,"\u0065xp":2})", "{\"sub\":\"\xff\"}",
        R"({"sub":"\ud800"})", R"({"x":1e400})", R"({"a":[[[[[[[[1]]]]]]]]})"}) {
    EXPECT_EQ(Read(bad), kRefused) << bad;
  }
}

TEST(ClaimsReaderTest, PayloadsAreBounded) {
  const std::string most = absl::StrCat("{\"a\":\"", std::string(kMaxPayloadBytes - 8, 'x'), "\"}");
  ASSERT_EQ(most.size(), kMaxPayloadBytes);
  EXPECT_NE(Read(most), kRefused);
  EXPECT_EQ(Read(most + " "), kRefused);
}

TEST(ClaimsReaderTest, ALongNameIsNotRepeatedWithoutEnd) {
  // 1,000 members under a name of 8 KiB would be 8 MiB of paths.
  std::vector<std::string> members;
  for (int i = 0; i < 1000; ++i) members.push_back(absl::StrCat("\"", i, "\":1"));
  const auto payload = [&](size_t name) {
    return absl::StrCat("{\"", std::string(name, 'n'), "\":{", absl::StrJoin(members, ","), "}}");
  };
  EXPECT_EQ(Read(payload(8000)), kRefused);
  EXPECT_NE(Read(payload(50)), kRefused);
}

TEST(ClaimsReaderTest, AFailureLeavesNothingOfTheTokenBefore) {
  TokenClaims read;
  ASSERT_EQ(ReadClaims(R"({"exp":1})", read), TokenOutcome::kAccepted);
  EXPECT_EQ(ReadClaims("x", read), TokenOutcome::kClaimsMalformed);
  EXPECT_EQ(read.claims, nullptr);
  EXPECT_EQ(read.times.expires, std::nullopt);
}

}  // namespace
}  // namespace sluice::jose
