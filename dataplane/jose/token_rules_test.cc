// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/token_rules.h"

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "dataplane/jose/claims_reader.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

using How = RequiredClaim::How;

TokenOutcome Check(const TokenRules& rules, std::string_view payload) {
  TokenClaims read;
  EXPECT_EQ(ReadClaims(payload, read), TokenOutcome::kAccepted) << payload;
  return CheckClaims(*read.claims, rules);
}

bool Meets(const RequiredClaim& required, std::string_view payload) {
  TokenRules rules;
  rules.required.push_back(required);
  const TokenOutcome outcome = Check(rules, payload);
  EXPECT_TRUE(outcome == TokenOutcome::kAccepted || outcome == TokenOutcome::kClaimNotAllowed);
  return outcome == TokenOutcome::kAccepted;
}

TEST(TokenRulesTest, WhatIsNotAskedIsNotLookedAt) {
  EXPECT_EQ(Check({}, "{}"), TokenOutcome::kAccepted);
  EXPECT_EQ(Check({}, R"({"iss":7,"sub":[],"aud":[]})"), TokenOutcome::kAccepted);
}

TEST(TokenRulesTest, TheIssuerIsEqual) {
  const TokenRules rules = {.issuer = "https://id.example"};
  EXPECT_EQ(Check(rules, R"({"iss":"https://id.example"})"), TokenOutcome::kAccepted);
  for (const char* bad : {"{}", R"({"iss":""})", R"({"iss":"https://id.example/"})",
                          R"({"iss":"HTTPS://id.example"})", R"({"iss":"https://id.exampl"})",
                          R"({"iss":"https://id.example\u0000"})",
                          R"({"iss":["https://id.example"]})", R"({"iss":null})", R"({"iss":1})"}) {
    EXPECT_EQ(Check(rules, bad), TokenOutcome::kIssuerNotAllowed) << bad;
  }
}

TEST(TokenRulesTest, JW05_OneAudienceIsEqualAndAPrefixIsNot) {
  const TokenRules rules = {.audiences = {"shop", "https://pay.example"}};
  for (const char* good :
       {R"({"aud":"shop"})", R"({"aud":["x","shop"]})", R"({"aud":["https://pay.example"]})"}) {
    EXPECT_EQ(Check(rules, good), TokenOutcome::kAccepted) << good;
  }
  for (const char* bad :
       {"{}", R"({"aud":""})", R"({"aud":[]})", R"({"aud":"sho"})", R"({"aud":"shopping"})",
        R"({"aud":"shop x"})", R"({"aud":"Shop"})", R"({"aud":"https://pay.example/"})",
        R"({"aud":"pay.example"})", R"({"aud":"other-client","azp":"shop"})"}) {
    EXPECT_EQ(Check(rules, bad), TokenOutcome::kAudienceNotAllowed) << bad;
  }
}

TEST(TokenRulesTest, TheSubjectIsEqual) {
  const TokenRules rules = {.subject = "ann"};
  EXPECT_EQ(Check(rules, R"({"sub":"ann"})"), TokenOutcome::kAccepted);
  EXPECT_EQ(Check(rules, R"({"sub":"anna"})"), TokenOutcome::kSubjectNotAllowed);
  EXPECT_EQ(Check(rules, R"({"sub":["ann"]})"), TokenOutcome::kSubjectNotAllowed);
}

TEST(TokenRulesTest, EqualsTakesScalarsAndWholeValues) {
  const RequiredClaim required = {.path = "a.b", .how = How::kEquals, .any_of = {"x", "1", "true"}};
  for (const char* good :
       {R"({"a":{"b":"x"}})", R"({"a":{"b":1}})", R"({"a":{"b":true}})", R"({"a.b":"x"})"}) {
    EXPECT_TRUE(Meets(required, good)) << good;
  }
  for (const char* bad :
       {"{}", R"({"a":"x"})", R"({"a":{"b":"x y"}})", R"({"a":{"b":["x"]}})", R"({"a":{"b":null}})",
        R"({"a":{"b":{"x":1}}})", R"({"a":{"b":1.0}})", R"({"a":{"b":"y"},"b":"x"})"}) {
    EXPECT_FALSE(Meets(required, bad)) << bad;
  }
}

TEST(TokenRulesTest, ContainsTakesListsAndWords) {
  const RequiredClaim required = {.path = "scope", .how = How::kContains, .any_of = {"r", "w"}};
  for (const char* good : {R"({"scope":["x","w"]})", R"({"scope":"w"})", R"({"scope":"x r y"})",
                           R"({"scope":"x  r"})"}) {
    EXPECT_TRUE(Meets(required, good)) << good;
  }
  for (const char* bad : {"{}", R"({"scope":[]})", R"({"scope":""})", R"({"scope":"rw"})",
                          R"({"scope":"x,r"})", R"({"scope":["x r"]})", R"({"scope":[["r"]]})",
                          R"({"scope":{"r":true}})", R"({"scope":true})"}) {
    EXPECT_FALSE(Meets(required, bad)) << bad;
  }
}

TEST(TokenRulesTest, AnEmptyListOfValuesIsMetByNothing) {
  EXPECT_FALSE(Meets({.path = "a", .how = How::kEquals, .any_of = {}}, R"({"a":""})"));
}

// JW-06: each edge at the nanosecond before, on and after.
class TokenTimesTest : public testing::Test {
 protected:
  static constexpr absl::Duration kTick = absl::Nanoseconds(1);
  const absl::Time stamp_ = absl::FromUnixSeconds(1'000'000);
  TimeRules rules_;  // 60 s of skew
};

TEST_F(TokenTimesTest, JW06_ATokenEndsOnItsExpirationAndTheSkew) {
  const TokenTimes times = {.expires = stamp_};
  const absl::Time edge = stamp_ + absl::Seconds(60);
  EXPECT_EQ(CheckTimes(times, rules_, edge - kTick), TokenOutcome::kAccepted);
  EXPECT_EQ(CheckTimes(times, rules_, edge), TokenOutcome::kExpired);
  rules_.clock_skew = absl::ZeroDuration();
  EXPECT_EQ(CheckTimes(times, rules_, stamp_ - kTick), TokenOutcome::kAccepted);
  EXPECT_EQ(CheckTimes(times, rules_, stamp_), TokenOutcome::kExpired);
}

TEST_F(TokenTimesTest, JW06_ATokenBeginsOnItsNotBeforeLessTheSkew) {
  const TokenTimes times = {.not_before = stamp_};
  const absl::Time edge = stamp_ - absl::Seconds(60);
  EXPECT_EQ(CheckTimes(times, rules_, edge - kTick), TokenOutcome::kNotYetValid);
  EXPECT_EQ(CheckTimes(times, rules_, edge), TokenOutcome::kAccepted);
  rules_.clock_skew = absl::ZeroDuration();
  EXPECT_EQ(CheckTimes(times, rules_, stamp_ - kTick), TokenOutcome::kNotYetValid);
  EXPECT_EQ(CheckTimes(times, rules_, stamp_), TokenOutcome::kAccepted);
}

TEST_F(TokenTimesTest, JW06_ATokenFromTheFutureIsRefused) {
  const TokenTimes times = {.issued = stamp_};
  const absl::Time edge = stamp_ - absl::Seconds(60);
  EXPECT_EQ(CheckTimes(times, rules_, edge - kTick), TokenOutcome::kIssuedInFuture);
  EXPECT_EQ(CheckTimes(times, rules_, edge), TokenOutcome::kAccepted);
}

TEST_F(TokenTimesTest, JW06_AnExpirationIsRequiredIfAsked) {
  EXPECT_EQ(CheckTimes({}, rules_, stamp_), TokenOutcome::kAccepted);
  rules_.require_expiration = true;
  EXPECT_EQ(CheckTimes({}, rules_, stamp_), TokenOutcome::kExpirationMissing);
  EXPECT_EQ(CheckTimes({.expires = stamp_}, rules_, stamp_), TokenOutcome::kAccepted);
}

TEST_F(TokenTimesTest, JW06_TheRemainingLifetimeIsBounded) {
  rules_.max_lifetime = absl::Hours(1);
  EXPECT_EQ(CheckTimes({}, rules_, stamp_), TokenOutcome::kExpirationMissing);
  const absl::Time last = stamp_ + absl::Hours(1) + absl::Seconds(60);
  EXPECT_EQ(CheckTimes({.expires = last}, rules_, stamp_), TokenOutcome::kAccepted);
  EXPECT_EQ(CheckTimes({.expires = last + kTick}, rules_, stamp_), TokenOutcome::kLifetimeTooLong);
}

TEST_F(TokenTimesTest, JW06_AnExpirationOfZeroIsLongPast) {
  EXPECT_EQ(CheckTimes({.expires = absl::UnixEpoch()}, rules_, stamp_), TokenOutcome::kExpired);
}

}  // namespace
}  // namespace sluice::jose
