// SPDX-License-Identifier: Apache-2.0
#include "dataplane/event/timer_wheel.h"

#include <memory>
#include <random>
#include <vector>

#include "base/manual_clock.h"
#include "dataplane/event/loop.h"
#include "gtest/gtest.h"

namespace sluice::event {
namespace {

constexpr int64_t kTickMs = TimerWheel::kTickNs / 1'000'000;

struct Recorder final : Timer {
  Recorder(Loop& loop, int id, std::vector<int>& fired) : Timer(loop), id(id), fired(fired) {}
  void OnTimer() override { fired.push_back(id); }
  const int id;
  std::vector<int>& fired;
};

// Aim: the wheel fires what a naive list would, at the same turn and in order of deadline.
// Method: random arming, disarming and jumps of time, from one tick to days.
TEST(TimerWheelTest, AgreesWithANaiveModel) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    base::ManualClock clock;
    Loop loop(clock);
    std::mt19937_64 random(seed);
    const int64_t start = loop.now_ns();
    std::vector<int> fired;
    std::vector<std::unique_ptr<Recorder>> timers;
    std::vector<int64_t> deadline(200, -1);  // In ticks; -1 is not armed.
    for (int i = 0; i < 200; ++i) timers.push_back(std::make_unique<Recorder>(loop, i, fired));
    for (int step = 0; step < 4000; ++step) {
      const int i = static_cast<int>(random() % 200);
      if (random() % 4 == 0) {
        timers[i]->Disarm();
        deadline[i] = -1;
      } else {
        const int64_t delay = static_cast<int64_t>(random() % (1ull << (random() % 34)));
        timers[i]->Arm(delay);
        const int64_t now_ns = loop.now_ns() - start;
        const int64_t due_ns = now_ns + delay * 1'000'000;
        const int64_t due = (due_ns + TimerWheel::kTickNs - 1) / TimerWheel::kTickNs;
        deadline[i] = std::max(due, now_ns / TimerWheel::kTickNs + 1);
      }
      EXPECT_EQ(timers[i]->armed(), deadline[i] >= 0);
      if (random() % 3 != 0) continue;
      clock.AdvanceMs(static_cast<int64_t>(random() % (1ull << (random() % 30))));
      fired.clear();
      loop.RunOnce();
      const int64_t now = (loop.now_ns() - start) / TimerWheel::kTickNs;
      size_t due = 0;
      for (int64_t d : deadline) due += d >= 0 && d <= now;
      ASSERT_EQ(fired.size(), due) << "seed " << seed << " step " << step;
      int64_t last = 0;
      for (int id : fired) {
        ASSERT_GE(deadline[id], last) << "fired out of order";
        ASSERT_LE(deadline[id], now) << "fired early";
        last = deadline[id];
        deadline[id] = -1;
      }
    }
  }
}

TEST(TimerWheelTest, NeverFiresEarlyAndAtMostATickLate) {
  base::ManualClock clock;
  Loop loop(clock);
  int fired = 0;
  FunctionTimer timer(loop, [&fired] { ++fired; });
  for (int64_t delay = 0; delay < 2000; delay += 7) {
    clock.AdvanceMs(3);
    loop.RunOnce();
    fired = 0;
    timer.Arm(delay);
    for (int64_t passed = 1; fired == 0; ++passed) {
      ASSERT_LE(passed, delay + kTickMs);
      clock.AdvanceMs(1);
      loop.RunOnce();
      if (fired > 0) {
        ASSERT_GE(passed, delay);
      }
    }
  }
}

TEST(TimerWheelTest, CallbacksMayArmDisarmAndDestroyOthers) {
  base::ManualClock clock;
  Loop loop(clock);
  int fired = 0;
  auto doomed = std::make_unique<FunctionTimer>(loop, [&fired] { fired += 100; });
  FunctionTimer disarmed(loop, [&fired] { fired += 1000; });
  FunctionTimer* self = nullptr;
  FunctionTimer killer(loop, [&] {
    ++fired;
    doomed.reset();
    disarmed.Disarm();
    self->Arm(0);
  });
  self = &killer;
  killer.Arm(10);
  doomed->Arm(10);
  disarmed.Arm(10);
  clock.AdvanceMs(100);
  loop.RunOnce();
  EXPECT_EQ(fired, 1) << "one that arms itself again waits for a later turn";
  clock.AdvanceMs(kTickMs);
  loop.RunOnce();
  EXPECT_EQ(fired, 2);
}

TEST(TimerWheelTest, HasNoWorkWhenNothingIsArmed) {
  base::ManualClock clock;
  Loop loop(clock);
  TimerWheel wheel;
  EXPECT_EQ(wheel.NextTick(), TimerWheel::kNever);
  std::vector<int> fired;
  Recorder timer(loop, 1, fired);
  wheel.Add(timer, 5);
  EXPECT_EQ(wheel.NextTick(), 5);
  timer.Disarm();
  EXPECT_EQ(wheel.NextTick(), TimerWheel::kNever);
  wheel.Add(timer, 1'000'000);
  int advances = 0;
  for (int64_t next = wheel.NextTick(); next != TimerWheel::kNever; next = wheel.NextTick()) {
    wheel.Advance(next);
    ++advances;
  }
  EXPECT_EQ(fired.size(), 1u);
  EXPECT_EQ(wheel.now(), 1'000'000);
  EXPECT_LE(advances, 6) << "time without timers is jumped over";
}

}  // namespace
}  // namespace sluice::event
