// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/verified_tokens.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

TokenHash Hash(uint8_t first, uint8_t last = 0) {
  TokenHash hash{};
  hash.front() = first;
  hash.back() = last;
  return hash;
}

std::shared_ptr<const http::Claims> ClaimsOf(std::string_view subject) {
  http::Claims::Builder builder;
  builder.Add("sub", 1, http::ClaimKind::kString, {&subject, 1});
  return std::make_shared<const http::Claims>(builder.Build());
}

class VerifiedTokensTest : public testing::Test {
 protected:
  // The subject of a hit, "" for none.
  std::string Find(VerifiedTokens& tokens, const TokenHash& hash) {
    const auto hit = tokens.Find(hash, keys_, rules_, now_);
    if (hit.claims == nullptr) return "";
    return hit.outcome == TokenOutcome::kAccepted ? std::string(hit.claims->FindString("sub"))
                                                  : std::string(OutcomeDetail(hit.outcome));
  }

  void Insert(VerifiedTokens& tokens, const TokenHash& hash, std::string_view subject) {
    tokens.Insert(hash, keys_[0], times_, ClaimsOf(subject));
  }

  const absl::Time stamp_ = absl::FromUnixSeconds(1'000'000);
  absl::Time now_ = stamp_;
  std::vector<KeyId> keys_ = {KeyId{1}, KeyId{2}};
  TokenTimes times_;
  TimeRules rules_;
};

TEST_F(VerifiedTokensTest, FindsWhatWasInserted) {
  VerifiedTokens tokens(10, 1 << 20);
  Insert(tokens, Hash(1), "ann");
  EXPECT_EQ(Find(tokens, Hash(1)), "ann");
  EXPECT_EQ(Find(tokens, Hash(2)), "");
}

TEST_F(VerifiedTokensTest, ComparesTheWholeHash) {
  VerifiedTokens tokens(10, 1 << 20);
  Insert(tokens, Hash(1, 0), "ann");
  for (size_t i = 0; i < 32; ++i) {
    TokenHash other = Hash(1, 0);
    other[i] ^= 0x80;
    EXPECT_EQ(Find(tokens, other), "") << i;
  }
  Insert(tokens, Hash(1, 1), "bob");
  EXPECT_EQ(Find(tokens, Hash(1, 0)), "ann");
  EXPECT_EQ(Find(tokens, Hash(1, 1)), "bob");
}

TEST_F(VerifiedTokensTest, AHitIsJudgedByTheClockOfTheMoment) {
  VerifiedTokens tokens(10, 1 << 20);
  times_ = {.expires = stamp_ + absl::Hours(1), .not_before = stamp_};
  Insert(tokens, Hash(1), "ann");
  now_ = stamp_ - absl::Seconds(61);
  EXPECT_EQ(Find(tokens, Hash(1)), "jwt-not-yet-valid");
  now_ = stamp_ + absl::Hours(1) + absl::Seconds(60) - absl::Nanoseconds(1);
  EXPECT_EQ(Find(tokens, Hash(1)), "ann");
  now_ += absl::Nanoseconds(1);
  EXPECT_EQ(Find(tokens, Hash(1)), "jwt-expired");
  EXPECT_EQ(tokens.size(), 0u);
  EXPECT_EQ(Find(tokens, Hash(1)), "");
}

TEST_F(VerifiedTokensTest, ATokenGoesWithItsKey) {
  VerifiedTokens tokens(10, 1 << 20);
  Insert(tokens, Hash(1), "ann");
  keys_ = {KeyId{3}, KeyId{1}};
  EXPECT_EQ(Find(tokens, Hash(1)), "ann");
  keys_ = {KeyId{3}};
  EXPECT_EQ(Find(tokens, Hash(1)), "");
  keys_ = {KeyId{1}};
  EXPECT_EQ(Find(tokens, Hash(1)), "") << "it was forgotten";
}

TEST_F(VerifiedTokensTest, WithoutKeysNothingIsBelieved) {
  VerifiedTokens tokens(10, 1 << 20);
  Insert(tokens, Hash(1), "ann");
  keys_.clear();
  EXPECT_EQ(Find(tokens, Hash(1)), "");
}

TEST_F(VerifiedTokensTest, InsertingAgainReplaces) {
  VerifiedTokens tokens(10, 1 << 20);
  Insert(tokens, Hash(1), "ann");
  const size_t bytes = tokens.bytes();
  Insert(tokens, Hash(1), "bob");
  EXPECT_EQ(Find(tokens, Hash(1)), "bob");
  EXPECT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens.bytes(), bytes);
}

TEST_F(VerifiedTokensTest, TheCountIsBounded) {
  VerifiedTokens tokens(4, 1 << 20);
  for (int i = 0; i < 1000; ++i) {
    Insert(tokens, Hash(static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8)), "ann");
    EXPECT_LE(tokens.size(), 4u);
  }
  EXPECT_EQ(tokens.size(), 4u);
}

TEST_F(VerifiedTokensTest, WhatIsHitStaysWhileOthersPass) {
  VerifiedTokens tokens(4, 1 << 20);
  Insert(tokens, Hash(0), "regular");
  for (uint8_t i = 1; i < 200; ++i) {
    EXPECT_EQ(Find(tokens, Hash(0)), "regular") << int{i};
    Insert(tokens, Hash(i), "once");
  }
}

TEST_F(VerifiedTokensTest, TheBytesAreBounded) {
  const std::string large(3000, 'x');
  VerifiedTokens tokens(100, 10000);
  for (uint8_t i = 0; i < 50; ++i) {
    Insert(tokens, Hash(i), i % 2 == 0 ? "small" : large);
    EXPECT_LE(tokens.bytes(), 10000u);
    EXPECT_NE(Find(tokens, Hash(i)), "");
  }
  EXPECT_GE(tokens.size(), 2u);
}

TEST_F(VerifiedTokensTest, WhatDoesNotFitIsNotKeptAndPushesNothingOut) {
  VerifiedTokens tokens(100, 2000);
  Insert(tokens, Hash(1), "ann");
  Insert(tokens, Hash(2), std::string(3000, 'x'));
  EXPECT_EQ(Find(tokens, Hash(1)), "ann");
  EXPECT_EQ(Find(tokens, Hash(2)), "");
}

TEST_F(VerifiedTokensTest, AMemoryOfNoneKeepsNothing) {
  VerifiedTokens tokens(0, 1 << 20);
  Insert(tokens, Hash(1), "ann");
  EXPECT_EQ(Find(tokens, Hash(1)), "");
  EXPECT_EQ(tokens.bytes(), 0u);
}

TEST_F(VerifiedTokensTest, BytesComeBackWhenEverythingIsForgotten) {
  VerifiedTokens tokens(10, 1 << 20);
  for (uint8_t i = 0; i < 10; ++i) Insert(tokens, Hash(i), "ann");
  keys_.clear();
  for (uint8_t i = 0; i < 10; ++i) EXPECT_EQ(Find(tokens, Hash(i)), "");
  EXPECT_EQ(tokens.size(), 0u);
  EXPECT_EQ(tokens.bytes(), 0u);
}

TEST_F(VerifiedTokensTest, ClaimsOutliveTheirEviction) {
  VerifiedTokens tokens(1, 1 << 20);
  Insert(tokens, Hash(1), "ann");
  const auto hit = tokens.Find(Hash(1), keys_, rules_, now_);
  Insert(tokens, Hash(2), "bob");
  EXPECT_EQ(Find(tokens, Hash(1)), "");
  EXPECT_EQ(hit.claims->FindString("sub"), "ann");
}

}  // namespace
}  // namespace sluice::jose
