// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/limit_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/limits/reference_bucket.h"
#include "dataplane/limits/test_dice.h"

namespace sluice::limits {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStart = 5'000 * kSecond;

Gcra Limit(uint64_t units, int64_t window_ns, uint64_t burst) {
  return Gcra::Make(units, window_ns, burst).value();
}

class LimitTableTest : public testing::Test {
 protected:
  Standing Ask(std::string_view key, const Gcra& limit, int64_t now_ns, uint64_t cost = 1) {
    const Charge charge{table_.KeyOf(key), &limit};
    Standing standing;
    const bool admitted =
        table_.Admit(absl::MakeConstSpan(&charge, 1), cost, now_ns, absl::MakeSpan(&standing, 1));
    EXPECT_EQ(admitted, standing.admitted);
    return standing;
  }

  LimitTable table_{kStart, 4096};
};

TEST_F(LimitTableTest, KeysAreCountedApart) {
  const Gcra limit = Limit(1, kSecond, 1);
  EXPECT_TRUE(Ask("a", limit, kStart).admitted);
  EXPECT_TRUE(Ask("b", limit, kStart).admitted);
  EXPECT_FALSE(Ask("a", limit, kStart).admitted);
  EXPECT_FALSE(Ask("b", limit, kStart).admitted);
  EXPECT_TRUE(Ask("a", limit, kStart + kSecond).admitted);
}

TEST_F(LimitTableTest, WithoutChargesAllIsAdmitted) {
  EXPECT_TRUE(table_.Admit({}, 1, kStart, {}));
  EXPECT_EQ(table_.used(), 0u);
}

TEST_F(LimitTableTest, WhatIsNeverAdmittedTakesNoMemory) {
  EXPECT_EQ(Ask("a", Limit(1, kSecond, 1), kStart, 2).retry_after_ns, kNever);
  EXPECT_EQ(table_.used(), 0u);
}

TEST_F(LimitTableTest, AllAdmitOrNothingIsSpent) {
  const Gcra wide = Limit(100, kSecond, 100);
  const Gcra narrow = Limit(1, kSecond, 1);
  const Charge charges[] = {{table_.KeyOf("wide"), &wide}, {table_.KeyOf("narrow"), &narrow}};
  Standing standings[2];
  EXPECT_TRUE(table_.Admit(charges, 1, kStart, absl::MakeSpan(standings)));
  EXPECT_EQ(standings[0].remaining, 99u);
  EXPECT_EQ(standings[1].remaining, 0u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(table_.Admit(charges, 1, kStart, absl::MakeSpan(standings)));
    EXPECT_TRUE(standings[0].admitted);
    EXPECT_EQ(standings[0].remaining, 99u);
    EXPECT_FALSE(standings[1].admitted);
    EXPECT_EQ(standings[1].retry_after_ns, kSecond);
  }
  EXPECT_EQ(Ask("wide", wide, kStart, 99).remaining, 0u);
}

TEST_F(LimitTableTest, TimeBeforeItsStartIsItsStart) {
  const Gcra limit = Limit(1, kSecond, 1);
  EXPECT_TRUE(Ask("a", limit, kStart - kSecond).admitted);
  EXPECT_FALSE(Ask("a", limit, kStart - kSecond).admitted);
  EXPECT_FALSE(Ask("a", limit, kStart + kSecond - 1).admitted);
  EXPECT_TRUE(Ask("a", limit, kStart + kSecond).admitted);
}

TEST_F(LimitTableTest, AClockThatGoesBackGivesNothingTwice) {
  const Gcra limit = Limit(10, kSecond, 2);
  EXPECT_TRUE(Ask("a", limit, kStart + 10 * kSecond, 2).admitted);
  EXPECT_FALSE(Ask("a", limit, kStart + 9 * kSecond).admitted);
  EXPECT_FALSE(Ask("a", limit, kStart + 10 * kSecond).admitted);
  EXPECT_TRUE(Ask("a", limit, kStart + 10 * kSecond + kSecond / 10).admitted);
}

// Aim: the table is as many token buckets as there are keys. Method: random requests with one to
// four charges and any cost against ReferenceBuckets; every number of every answer is the same,
// those of refused requests included.
TEST_F(LimitTableTest, EqualsTokenBuckets) {
  TestDice dice(7);
  struct Counted {
    Key key;
    Gcra limit;
    ReferenceBucket reference;
  };
  std::vector<Counted> keys;
  for (int i = 0; i < 40; ++i) {
    const Gcra limit =
        Limit(dice.Between(1, 50), dice.Between(1, 1000) * kSecond / 100, dice.Between(1, 60));
    keys.push_back({table_.KeyOf(absl::StrCat("k", i)), limit, ReferenceBucket(limit)});
  }
  int64_t time = 0;
  for (int i = 0; i < 100'000; ++i) {
    time += dice.Between(0, kSecond / 50);
    const auto cost = static_cast<uint64_t>(dice.Between(1, i % 5 == 0 ? 20 : 1));
    const auto first = static_cast<size_t>(dice.Between(0, 36));
    const auto count = static_cast<size_t>(dice.Between(1, 4));
    std::vector<Charge> charges;
    std::vector<Standing> expected;
    bool all = true;
    for (size_t k = first; k < first + count; ++k) {
      charges.push_back({keys[k].key, &keys[k].limit});
      expected.push_back(keys[k].reference.Look(time, cost));
      all &= expected.back().admitted;
    }
    for (size_t k = 0; k < count; ++k) {
      ReferenceBucket& reference = keys[first + k].reference;
      if (all) reference.Spend(cost);
      if (!all && expected[k].admitted) expected[k] = reference.Look(time, 0);
    }
    std::vector<Standing> standings(count);
    ASSERT_EQ(table_.Admit(charges, cost, kStart + time, absl::MakeSpan(standings)), all);
    for (size_t k = 0; k < count; ++k) ASSERT_TRUE(standings[k] == expected[k]) << i;
  }
}

// Aim: the bound holds for every key whatever clock and costs do. Method: random requests whose
// times leap both ways; all stretches of what was admitted are looked at.
TEST_F(LimitTableTest, NeverAdmitsMoreThanItsBoundWhateverTheClockDoes) {
  TestDice dice(8);
  constexpr int kKeys = 20;
  const Gcra limit = Limit(13, kSecond, 9);
  std::vector<Admissions> admissions(kKeys);
  int64_t time = 1000 * kSecond;
  for (int i = 0; i < 100'000; ++i) {
    time += dice.Between(0, kSecond / 100);
    if (i % 100 == 0) time = std::max<int64_t>(0, time + dice.Between(-3, 3) * kSecond);
    const auto key = static_cast<size_t>(dice.Between(0, kKeys - 1));
    const auto cost = static_cast<uint64_t>(dice.Between(1, 3));
    if (Ask(absl::StrCat(key), limit, kStart + time, cost).admitted) {
      admissions[key].push_back({time, cost});
    }
  }
  for (const Admissions& one : admissions) {
    EXPECT_GT(one.size(), 100u);
    EXPECT_LE(WorstExcess(limit, one), 0);
  }
}

// RL-02: a key that is refused stays refused while any number of others come and go.
TEST_F(LimitTableTest, OtherKeysDoNotFreeOneThatIsRefused) {
  const Gcra limit = Limit(10, 10 * kSecond, 5);
  while (Ask("attacker", limit, kStart).admitted) continue;
  int64_t now = kStart;
  for (int i = 0; i < 100'000; ++i) {
    now += 9;
    EXPECT_TRUE(Ask(absl::StrCat("other", i), limit, now).admitted);
  }
  EXPECT_FALSE(Ask("attacker", limit, now).admitted);
  EXPECT_LE(table_.used(), table_.max_keys());
  EXPECT_GT(table_.evictions().live, 0u);
  EXPECT_EQ(table_.evictions().blocked, 0u);
}

}  // namespace
}  // namespace sluice::limits
