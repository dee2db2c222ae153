// SPDX-License-Identifier: Apache-2.0
//
// The table as workers use it: all at once. Run under --config=tsan too.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/limits/limit_table.h"
#include "dataplane/limits/reference_bucket.h"
#include "dataplane/limits/test_dice.h"

namespace sluice::limits {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int kThreads = 4;

Gcra Limit(uint64_t units, int64_t window_ns, uint64_t burst) {
  return Gcra::Make(units, window_ns, burst).value();
}

template <typename Work>
void OnThreads(Work work) {
  std::barrier start(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      work(t);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

bool Ask(LimitTable& table, const Key& key, const Gcra& limit, int64_t now_ns, uint64_t cost = 1) {
  const Charge charge{key, &limit};
  Standing standing;
  return table.Admit(absl::MakeConstSpan(&charge, 1), cost, now_ns, absl::MakeSpan(&standing, 1));
}

TEST(LimitTableThreadsTest, AHotKeyAdmitsExactlyItsBurst) {
  for (int round = 0; round < 20; ++round) {
    LimitTable table(0, 1024);
    const Gcra limit = Limit(1, 3600 * kSecond, 20'000);
    const Key key = table.KeyOf("hot");
    std::atomic<uint64_t> admitted = 0;
    OnThreads([&](int) {
      uint64_t mine = 0;
      for (int i = 0; i < 10'000; ++i) mine += Ask(table, key, limit, 0) ? 1 : 0;
      admitted += mine;
    });
    ASSERT_EQ(admitted, 20'000u);
  }
}

// Aim: the bound of the header with clocks that differ. Method: each thread has a clock of its own
// that lags behind a common one by up to a turn; what is admitted, at the times that were said, is
// within the bound for every stretch, and on the common clock within (d + turn) / interval.
TEST(LimitTableThreadsTest, TheBoundHoldsOverAllThreads) {
  constexpr int64_t kTurn = kSecond / 100;
  const Gcra limit = Limit(1000, kSecond, 50);
  LimitTable table(0, 1024);
  const Key key = table.KeyOf("hot");
  std::atomic<int64_t> common = 0;
  std::vector<Admissions> said(kThreads);
  std::vector<Admissions> seen(kThreads);
  OnThreads([&](int t) {
    TestDice dice(static_cast<uint64_t>(t));
    for (int i = 0; i < 20'000; ++i) {
      const int64_t now = common.fetch_add(dice.Between(0, kSecond / 5000));
      const int64_t mine = std::max<int64_t>(0, now - dice.Between(0, kTurn));
      const auto cost = static_cast<uint64_t>(dice.Between(1, 3));
      if (!Ask(table, key, limit, mine, cost)) continue;
      said[static_cast<size_t>(t)].push_back({mine, cost});
      seen[static_cast<size_t>(t)].push_back({now, cost});
    }
  });
  Admissions all_said;
  Admissions all_seen;
  for (int t = 0; t < kThreads; ++t) {
    const auto i = static_cast<size_t>(t);
    all_said.insert(all_said.end(), said[i].begin(), said[i].end());
    all_seen.insert(all_seen.end(), seen[i].begin(), seen[i].end());
  }
  EXPECT_GT(all_said.size(), 1000u);
  EXPECT_LE(WorstExcess(limit, all_said), 0);
  EXPECT_LE(WorstExcess(limit, all_seen), kTurn);
}

// Aim: keys that come and go on all threads never admit more than their limit while they are there.
// Method: a table that is large enough for all, so that none is evicted while in use; every key
// admits its burst, no more, no less, though all threads make it at once.
TEST(LimitTableThreadsTest, KeysMadeByAllAtOnceAreMadeOnce) {
  constexpr int kKeys = 5'000;
  LimitTable table(0, 65'536);
  const Gcra limit = Limit(1, 3600 * kSecond, 3);
  std::vector<std::atomic<int>> admitted(kKeys);
  OnThreads([&](int) {
    for (int i = 0; i < kKeys; ++i) {
      const Key key = table.KeyOf(absl::StrCat(i));
      for (int n = 0; n < 2; ++n) {
        if (Ask(table, key, limit, 0)) admitted[static_cast<size_t>(i)].fetch_add(1);
      }
    }
  });
  for (const auto& count : admitted) ASSERT_EQ(count, 3);
  EXPECT_EQ(table.used(), static_cast<size_t>(kKeys));
}

// Aim: who spends on a cell that changes its owner meanwhile spends for nobody else. Method: a
// table that is far too small, keys that cannot run dry, and others of which one request counts for
// more than those could ever bear.
TEST(LimitTableThreadsTest, EvictionUnderLoadChargesNobodyForAnother) {
  LimitTable table(0, 64);
  const Gcra heavy = Limit(1, 3600 * kSecond, 1);
  const Gcra calm = Limit(Gcra::kMaxUnits, 1000 * kSecond, Gcra::kMaxUnits);
  std::atomic<int64_t> common = 0;
  std::atomic<uint64_t> refused = 0;
  OnThreads([&](int t) {
    TestDice dice(static_cast<uint64_t>(t) + 100);
    for (int i = 0; i < 50'000; ++i) {
      const int64_t now = common.fetch_add(dice.Between(0, kSecond / 1000));
      const Key key = table.KeyOf(absl::StrCat("calm", dice.Between(0, 200)));
      if (!Ask(table, key, calm, now)) refused.fetch_add(1);
      Ask(table, table.KeyOf(absl::StrCat("heavy", dice.Between(0, 200))), heavy, now);
    }
  });
  EXPECT_EQ(refused, 0u);
  EXPECT_GT(table.evictions().live, 0u);
}

// Aim: several limits admit together, and never more than the tightest. Method: two threads' worth
// of requests that share one tight limit and have a wide one each way round; the tight one admits
// its burst at most, and what was taken from a wide one for refused requests is given back but for
// races.
TEST(LimitTableThreadsTest, ChargesTogetherNeverAdmitMoreThanTheTightest) {
  for (int round = 0; round < 20; ++round) {
    LimitTable table(0, 1024);
    const Gcra tight = Limit(1, 3600 * kSecond, 1000);
    const Gcra wide = Limit(1, 3600 * kSecond, 1500);
    const Charge forth[] = {{table.KeyOf("wide"), &wide}, {table.KeyOf("tight"), &tight}};
    const Charge back[] = {{table.KeyOf("tight"), &tight}, {table.KeyOf("wide"), &wide}};
    std::atomic<uint64_t> admitted = 0;
    OnThreads([&](int t) {
      uint64_t mine = 0;
      Standing standings[2];
      for (int i = 0; i < 1000; ++i) {
        mine += table.Admit(t % 2 == 0 ? forth : back, 1, 0, absl::MakeSpan(standings)) ? 1 : 0;
      }
      admitted += mine;
    });
    ASSERT_LE(admitted, 1000u);
    // Each thread is refused in the middle of a race once or twice, and may then lose one unit.
    ASSERT_GE(admitted, 1000u - 2 * kThreads);
    uint64_t left = 0;
    while (Ask(table, forth[0].key, wide, 0)) ++left;
    ASSERT_LE(left, 1500u - admitted);
    ASSERT_GE(left, 1500u - admitted - 2 * kThreads);
  }
}

}  // namespace
}  // namespace sluice::limits
