// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/rate_limit_fields.h"

#include <gtest/gtest.h>

#include <string>

#include "base/arena.h"
#include "dataplane/limits/gcra.h"
#include "dataplane/limits/test_dice.h"

namespace sluice::limits {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(RateLimitFieldsTest, ItemsAreAsTheDraftHasThem) {
  base::Arena arena;
  EXPECT_EQ(QuotaPolicyItem("\"default\"", 100, 10 * kSecond), "\"default\";q=100;w=10");
  EXPECT_EQ(ServiceLimitItem("\"default\"", 50, 30 * kSecond, arena), "\"default\";r=50;t=30");
  EXPECT_EQ(ServiceLimitItem("\"default\"", 999, 0, arena), "\"default\";r=999");
}

TEST(RateLimitFieldsTest, SecondsAreRoundedUp) {
  EXPECT_EQ(WholeSeconds(-1), 0);
  EXPECT_EQ(WholeSeconds(0), 0);
  EXPECT_EQ(WholeSeconds(1), 1);
  EXPECT_EQ(WholeSeconds(kSecond), 1);
  EXPECT_EQ(WholeSeconds(kSecond + 1), 2);
  EXPECT_EQ(WholeSeconds(INT64_MAX), 9'223'372'037);
}

TEST(RateLimitFieldsTest, NamesAreQuoted) {
  EXPECT_EQ(QuotedLimitName("per-minute"), "\"per-minute\"");
  EXPECT_EQ(QuotedLimitName("a\"b\\c"), "\"a\\\"b\\\\c\"");
}

TEST(RateLimitFieldsTest, WhatCannotStandInAFieldIsNoName) {
  EXPECT_TRUE(IsLimitName("a b~"));
  EXPECT_TRUE(IsLimitName(std::string(256, 'a')));
  EXPECT_FALSE(IsLimitName(""));
  EXPECT_FALSE(IsLimitName(std::string(257, 'a')));
  EXPECT_FALSE(IsLimitName("a\r\nb"));
  EXPECT_FALSE(IsLimitName(std::string_view("a\0b", 3)));
  EXPECT_FALSE(IsLimitName("\x7f"));
  EXPECT_FALSE(IsLimitName("\xc3\xa9"));
}

// Aim: a client that waits as it is told is let through, and Retry-After never ends before `t`
// (draft §6). Method: random limits, asked at random times until they refuse.
TEST(RateLimitFieldsTest, WhoComesBackAfterRetryAfterIsLetThrough) {
  TestDice dice(3);
  for (int round = 0; round < 1000; ++round) {
    const Gcra limit =
        Gcra::Make(dice.Between(1, 1000), dice.Between(1, 100) * kSecond, dice.Between(1, 5))
            .value();
    int64_t tat = 0;
    int64_t now = 0;
    for (int i = 0; i < 20; ++i) {
      now += dice.Between(0, limit.interval_ns());
      const Standing standing = limit.Judge(tat, now, 1);
      if (standing.admitted) {
        tat = limit.After(tat, now, 1);
        continue;
      }
      ASSERT_EQ(standing.remaining, 0u);
      ASSERT_GE(WholeSeconds(standing.retry_after_ns), WholeSeconds(standing.next_unit_ns));
      const int64_t later = now + WholeSeconds(standing.retry_after_ns) * kSecond;
      ASSERT_TRUE(limit.Judge(tat, later, 1).admitted);
    }
  }
}

}  // namespace
}  // namespace sluice::limits
