// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/gcra.h"

#include <gtest/gtest.h>

#include "dataplane/limits/reference_bucket.h"
#include "dataplane/limits/test_dice.h"

namespace sluice::limits {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

Gcra Limit(uint64_t units, int64_t window_ns, uint64_t burst) {
  return Gcra::Make(units, window_ns, burst).value();
}

// One key, as a table would keep it.
class Counted {
 public:
  explicit Counted(const Gcra& limit) : limit_(limit) {}
  Standing Ask(int64_t now_ns, uint64_t cost = 1) {
    const Standing standing = limit_.Judge(tat_ns_, now_ns, cost);
    if (standing.admitted) tat_ns_ = limit_.After(tat_ns_, now_ns, cost);
    return standing;
  }

 private:
  const Gcra limit_;
  int64_t tat_ns_ = 0;
};

// A limit of any size that can be made.
Gcra AnyLimit(TestDice& dice) {
  while (true) {
    const int64_t units = dice.Between(1, int64_t{1} << dice.Between(0, 29));
    const int64_t window_ns = dice.Between(1, 24 * 3600 * kSecond >> dice.Between(0, 30));
    const int64_t burst = dice.Between(1, int64_t{1} << dice.Between(0, 20));
    auto limit = Gcra::Make(units, window_ns, burst);
    if (limit.ok()) return *limit;
  }
}

TEST(GcraTest, LetsABurstThroughAndThenOneAnInterval) {
  Counted key(Limit(10, kSecond, 3));
  EXPECT_EQ(key.Ask(0).remaining, 2u);
  EXPECT_EQ(key.Ask(0).remaining, 1u);
  const Standing last = key.Ask(0);
  EXPECT_TRUE(last.admitted);
  EXPECT_EQ(last.remaining, 0u);
  EXPECT_EQ(last.next_unit_ns, kSecond / 10);
  EXPECT_EQ(last.reset_ns, 3 * kSecond / 10);
  const Standing refused = key.Ask(kSecond / 20);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.retry_after_ns, kSecond / 20);
  EXPECT_FALSE(key.Ask(kSecond / 10 - 1).admitted);
  EXPECT_TRUE(key.Ask(kSecond / 10).admitted);
}

TEST(GcraTest, WhatIsRefusedSpendsNothing) {
  Counted key(Limit(1, kSecond, 1));
  EXPECT_TRUE(key.Ask(0).admitted);
  for (int64_t now = 1; now < kSecond; now += kSecond / 7) EXPECT_FALSE(key.Ask(now).admitted);
  EXPECT_TRUE(key.Ask(kSecond).admitted);
}

TEST(GcraTest, CostsMoreThanTheBurstNever) {
  Counted key(Limit(10, kSecond, 5));
  const Standing never = key.Ask(0, 6);
  EXPECT_FALSE(never.admitted);
  EXPECT_EQ(never.retry_after_ns, kNever);
  EXPECT_EQ(never.remaining, 5u);
  EXPECT_EQ(never.next_unit_ns, 0);
  EXPECT_TRUE(key.Ask(0, 5).admitted);
}

TEST(GcraTest, ACostWaitsForAllOfIt) {
  Counted key(Limit(10, kSecond, 5));
  EXPECT_TRUE(key.Ask(0, 4).admitted);
  const Standing refused = key.Ask(0, 3);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.remaining, 1u);
  EXPECT_EQ(refused.retry_after_ns, 2 * kSecond / 10);
}

// Seven a second cannot be had in whole nanoseconds: a little less is admitted, never more.
TEST(GcraTest, RoundsTheIntervalUp) {
  const Gcra limit = Limit(7, kSecond, 1);
  EXPECT_EQ(limit.interval_ns(), 142'857'143);
  Counted key(limit);
  uint64_t admitted = 0;
  for (int64_t now = 0; now < 1000 * kSecond; now += 1'000'003) admitted += key.Ask(now).admitted;
  EXPECT_LE(admitted, 7001u);
  EXPECT_GE(admitted, 6900u);  // The steps of the test lose some.
}

TEST(GcraTest, RefusesWhatCannotBeCounted) {
  EXPECT_FALSE(Gcra::Make(0, kSecond, 1).ok());
  EXPECT_FALSE(Gcra::Make(Gcra::kMaxUnits + 1, kSecond, 1).ok());
  EXPECT_FALSE(Gcra::Make(1, 0, 1).ok());
  EXPECT_FALSE(Gcra::Make(1, Gcra::kMaxWindowNs + 1, 1).ok());
  EXPECT_FALSE(Gcra::Make(1, kSecond, 0).ok());
  EXPECT_FALSE(Gcra::Make(1, kSecond, Gcra::kMaxUnits + 1).ok());
  const auto slow = Gcra::Make(1, 24 * 3600 * kSecond, Gcra::kMaxUnits);
  ASSERT_FALSE(slow.ok());
  EXPECT_NE(slow.status().message().find("nine years"), std::string::npos);
  EXPECT_TRUE(Gcra::Make(Gcra::kMaxUnits, kSecond, Gcra::kMaxUnits).ok());
  EXPECT_TRUE(Gcra::Make(1, Gcra::kMaxWindowNs, 9).ok());
}

// Aim: Gcra is the token bucket that it stands for. Method: random limits, arrivals and costs
// against ReferenceBucket; every number of every answer is the same.
TEST(GcraTest, EqualsATokenBucket) {
  TestDice dice(1);
  for (int round = 0; round < 500; ++round) {
    const Gcra limit = AnyLimit(dice);
    Counted key(limit);
    ReferenceBucket reference(limit);
    int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      // Now and then nothing, about an interval, or about all that can be spent.
      const int64_t longest = i % 3 == 0   ? 0
                              : i % 3 == 1 ? 2 * limit.interval_ns()
                                           : limit.capacity_ns() / 2;
      now += dice.Between(0, std::min<int64_t>(longest, int64_t{1} << 48));
      const auto cost = static_cast<uint64_t>(
          dice.Between(1, std::min<int64_t>(static_cast<int64_t>(limit.burst()) + 1, 1'000'000)));
      const Standing expected = reference.Look(now, cost);
      if (expected.admitted) reference.Spend(cost);
      ASSERT_TRUE(key.Ask(now, cost) == expected) << "round " << round << " step " << i;
    }
  }
}

// Aim: never more than burst + d / interval in any stretch d, whatever the clock does. Method:
// random limits and arrivals, clocks that leap forwards and backwards; all stretches are looked at.
TEST(GcraTest, NeverAdmitsMoreThanItsBoundWhateverTheClockDoes) {
  TestDice dice(2);
  for (int round = 0; round < 300; ++round) {
    const Gcra limit = AnyLimit(dice);
    Counted key(limit);
    Admissions admissions;
    int64_t now = int64_t{1} << 56;
    for (int i = 0; i < 500; ++i) {
      now += dice.Between(0, std::min<int64_t>(limit.interval_ns(), int64_t{1} << 46));
      const int64_t leap = std::min<int64_t>(limit.capacity_ns(), int64_t{1} << 46);
      if (dice.Between(0, 20) == 0) now += dice.Between(-leap, leap);
      const auto cost = static_cast<uint64_t>(
          dice.Between(1, std::min<int64_t>(static_cast<int64_t>(limit.burst()), 1'000'000)));
      if (key.Ask(now, cost).admitted) admissions.push_back({now, cost});
    }
    ASSERT_LE(WorstExcess(limit, admissions), 0) << "round " << round;
  }
}

TEST(GcraTest, AClockThatGoesBackForgetsNothing) {
  Counted key(Limit(10, kSecond, 2));
  EXPECT_TRUE(key.Ask(10 * kSecond, 2).admitted);
  const Standing back = key.Ask(9 * kSecond);
  EXPECT_FALSE(back.admitted);
  EXPECT_EQ(back.retry_after_ns, kSecond + kSecond / 10);
  EXPECT_EQ(back.remaining, 0u);
  EXPECT_TRUE(key.Ask(10 * kSecond + kSecond / 10).admitted);
}

TEST(GcraTest, AClockThatLeapsGivesOneBurst) {
  Counted key(Limit(10, kSecond, 2));
  EXPECT_TRUE(key.Ask(0, 2).admitted);
  EXPECT_TRUE(key.Ask(1000 * kSecond, 2).admitted);
  EXPECT_FALSE(key.Ask(1000 * kSecond).admitted);
}

}  // namespace
}  // namespace sluice::limits
