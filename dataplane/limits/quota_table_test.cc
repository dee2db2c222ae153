// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/quota_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "dataplane/limits/test_dice.h"

namespace sluice::limits {
namespace {

constexpr int64_t kDay = 24 * 3600;
// 2026-02-27 23:59:50 UTC.
constexpr int64_t kLate = 1'772'236'790;
constexpr crypto::KeyedHash::Key kHashKey = {1, 2, 3, 4};

TEST(CalendarTest, DaysAndMonthsBeginAtMidnightUtc) {
  EXPECT_EQ(WindowNumber(CalendarWindow::kDay, 0), 0u);
  EXPECT_EQ(WindowNumber(CalendarWindow::kDay, kDay - 1), 0u);
  EXPECT_EQ(WindowNumber(CalendarWindow::kDay, kDay), 1u);
  EXPECT_EQ(WindowNumber(CalendarWindow::kDay, -5), 0u);
  EXPECT_EQ(WindowNumber(CalendarWindow::kMonth, 0), 0u);
  EXPECT_EQ(WindowNumber(CalendarWindow::kMonth, 31 * kDay - 1), 0u);
  EXPECT_EQ(WindowNumber(CalendarWindow::kMonth, 31 * kDay), 1u);
  EXPECT_EQ(WindowNumber(CalendarWindow::kMonth, kLate), 56u * 12 + 1);
  EXPECT_EQ(WindowEnd(CalendarWindow::kDay, WindowNumber(CalendarWindow::kDay, kLate)), kLate + 10);
  EXPECT_EQ(WindowEnd(CalendarWindow::kMonth, 56 * 12 + 1), kLate + 10 + kDay);
}

TEST(CalendarTest, WindowsFollowEachOtherWithoutAGap) {
  for (const CalendarWindow window : {CalendarWindow::kDay, CalendarWindow::kMonth}) {
    for (uint32_t number = 0; number < 6000; ++number) {
      const int64_t end = WindowEnd(window, number);
      ASSERT_EQ(WindowNumber(window, end - 1), number);
      ASSERT_EQ(WindowNumber(window, end), number + 1);
    }
  }
}

class QuotaTableTest : public testing::Test {
 protected:
  QuotaStanding Ask(std::string_view key, const Quota& quota, int64_t wall_s, uint64_t cost = 1) {
    return table_.Spend(table_.KeyOf(key), quota, cost, wall_s);
  }
  std::vector<QuotaRecord> Changed(QuotaTable& table) {
    std::vector<QuotaRecord> records;
    while (table.TakeChanged(100, records)) continue;
    return records;
  }

  QuotaTable table_{4096, kHashKey};
  const Quota daily_{.units = 3, .window = CalendarWindow::kDay};
  const Quota monthly_{.units = 3, .window = CalendarWindow::kMonth};
};

TEST_F(QuotaTableTest, CountsFromTheStartOfTheWindow) {
  EXPECT_EQ(Ask("a", daily_, kLate).remaining, 2u);
  const QuotaStanding second = Ask("a", daily_, kLate + 5, 2);
  EXPECT_TRUE(second.admitted);
  EXPECT_EQ(second.remaining, 0u);
  EXPECT_EQ(second.reset_s, 5);
  EXPECT_FALSE(Ask("a", daily_, kLate + 9).admitted);
  EXPECT_EQ(Ask("a", daily_, kLate + 10).remaining, 2u);
  EXPECT_TRUE(Ask("b", daily_, kLate).admitted);
}

TEST_F(QuotaTableTest, AMonthIsOfTheCalendar) {
  EXPECT_TRUE(Ask("a", monthly_, kLate, 3).admitted);
  EXPECT_FALSE(Ask("a", monthly_, kLate + 9 + kDay).admitted);
  EXPECT_TRUE(Ask("a", monthly_, kLate + 10 + kDay).admitted);
}

TEST_F(QuotaTableTest, WhatIsRefusedCountsNothing) {
  EXPECT_FALSE(Ask("a", daily_, kLate, 4).admitted);
  EXPECT_EQ(Ask("a", daily_, kLate, 4).remaining, 3u);
  EXPECT_TRUE(Ask("a", daily_, kLate, 3).admitted);
}

TEST_F(QuotaTableTest, AClockThatGoesBackGivesNoWindowTwice) {
  EXPECT_TRUE(Ask("a", daily_, kLate, 3).admitted);
  EXPECT_TRUE(Ask("a", daily_, kLate + 10, 2).admitted);
  const QuotaStanding back = Ask("a", daily_, kLate);
  EXPECT_TRUE(back.admitted);
  EXPECT_EQ(back.remaining, 0u);
  EXPECT_EQ(back.reset_s, 10 + kDay);
  EXPECT_FALSE(Ask("a", daily_, kLate).admitted);
  EXPECT_FALSE(Ask("a", daily_, kLate + 11).admitted);
}

TEST_F(QuotaTableTest, AClockThatLeapsBeginsAWindowThatThenCounts) {
  EXPECT_TRUE(Ask("a", daily_, kLate, 3).admitted);
  EXPECT_TRUE(Ask("a", daily_, kLate + 5 * kDay, 3).admitted);
  EXPECT_FALSE(Ask("a", daily_, kLate + kDay).admitted);
  EXPECT_TRUE(Ask("a", daily_, kLate + 6 * kDay).admitted);
}

TEST_F(QuotaTableTest, CountsOutliveARestart) {
  Ask("a", daily_, kLate, 2);
  Ask("b", monthly_, kLate, 3);
  const std::vector<QuotaRecord> records = Changed(table_);
  ASSERT_EQ(records.size(), 2u);

  QuotaTable next(4096, kHashKey);
  for (const QuotaRecord& record : records) next.Restore(record, kLate + 1);
  EXPECT_EQ(next.Spend(next.KeyOf("a"), daily_, 1, kLate + 1).remaining, 0u);
  EXPECT_FALSE(next.Spend(next.KeyOf("b"), monthly_, 1, kLate + 1).admitted);
}

TEST_F(QuotaTableTest, OnlyWhatChangedIsGivenOut) {
  Ask("a", daily_, kLate);
  EXPECT_EQ(Changed(table_).size(), 1u);
  EXPECT_TRUE(Changed(table_).empty());
  Ask("b", daily_, kLate, 4);  // Refused.
  EXPECT_TRUE(Changed(table_).empty());
  Ask("a", daily_, kLate);
  const std::vector<QuotaRecord> records = Changed(table_);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].used, 2u);
  EXPECT_EQ(records[0].quota, daily_);
  EXPECT_EQ(records[0].key, table_.KeyOf("a"));
}

TEST_F(QuotaTableTest, TheHigherCountStands) {
  Ask("a", daily_, kLate, 2);
  QuotaRecord record{table_.KeyOf("a"), daily_, WindowNumber(CalendarWindow::kDay, kLate), 1};
  table_.Restore(record, kLate);
  EXPECT_EQ(Ask("a", daily_, kLate, 4).remaining, 1u);
  record.used = 3;
  table_.Restore(record, kLate);
  EXPECT_EQ(Ask("a", daily_, kLate, 4).remaining, 0u);
}

TEST_F(QuotaTableTest, WhatIsNoCountIsNotRestored) {
  const uint32_t today = WindowNumber(CalendarWindow::kDay, kLate);
  const Key key = table_.KeyOf("a");
  table_.Restore({key, daily_, today - 1, 3}, kLate);
  table_.Restore({key, daily_, today + 2, 3}, kLate);
  table_.Restore({key, {.units = 0}, today, 3}, kLate);
  table_.Restore({key, {.units = QuotaTable::kMaxUnits + 1}, today, 3}, kLate);
  table_.Restore({key, daily_, today, QuotaTable::kMaxUnits + 1}, kLate);
  EXPECT_EQ(table_.used(), 0u);
  EXPECT_EQ(Ask("a", daily_, kLate).remaining, 2u);
}

// Aim: equal to a plain map of counts while the clock goes forward; never above the quota of any
// window when it does not. Method: random keys, costs and clocks.
TEST_F(QuotaTableTest, EqualsAMapOfCounts) {
  TestDice dice(9);
  std::map<std::tuple<int, uint32_t>, uint64_t> counts;
  int64_t now = kLate;
  for (int i = 0; i < 50'000; ++i) {
    now += dice.Between(0, 600);
    const auto k = static_cast<int>(dice.Between(0, 30));
    const Quota quota{.units = 40,
                      .window = k % 2 == 0 ? CalendarWindow::kDay : CalendarWindow::kMonth};
    const auto cost = static_cast<uint64_t>(dice.Between(1, 3));
    uint64_t& used = counts[{k, WindowNumber(quota.window, now)}];
    const bool admitted = used + cost <= quota.units;
    if (admitted) used += cost;
    const QuotaStanding standing = Ask(std::to_string(k), quota, now, cost);
    ASSERT_EQ(standing.admitted, admitted);
    ASSERT_EQ(standing.remaining, quota.units - used);
    ASSERT_EQ(standing.reset_s, WindowEnd(quota.window, WindowNumber(quota.window, now)) - now);
  }
}

TEST_F(QuotaTableTest, ThreadsTogetherAdmitExactlyTheQuota) {
  constexpr int kThreads = 4;
  const Quota quota{.units = 20'000};
  std::atomic<uint64_t> admitted = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) admitted += Ask("hot", quota, kLate).admitted ? 1 : 0;
    });
  }
  // One gives out what changes meanwhile, and loses nothing by it.
  std::vector<QuotaRecord> records;
  while (admitted < 20'000) table_.TakeChanged(100'000, records);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 20'000u);
  while (table_.TakeChanged(100'000, records)) continue;
  uint64_t last = 0;
  for (const QuotaRecord& record : records) last = std::max(last, record.used);
  EXPECT_EQ(last, 20'000u);
}

}  // namespace
}  // namespace sluice::limits
