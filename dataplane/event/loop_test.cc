// SPDX-License-Identifier: Apache-2.0
#include "dataplane/event/loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/manual_clock.h"
#include "dataplane/event/socket.h"
#include "gtest/gtest.h"

namespace sluice::event {
namespace {

struct SocketPair {
  SocketPair() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    a = UniqueFd(fds[0]);
    b = UniqueFd(fds[1]);
  }
  UniqueFd a, b;
};

struct Log {
  std::string text;
};

struct LoggingHandler final : FdHandler {
  explicit LoggingHandler(Log& log) : log(log) {}
  void OnReadable() override {
    log.text += "R";
    if (then) then();
  }
  void OnWritable() override { log.text += "W"; }
  Log& log;
  std::function<void()> then;
};

struct LoggingTurnEnd final : TurnEnd {
  explicit LoggingTurnEnd(Log& log) : log(log) {}
  void OnTurnEnd() override {
    log.text += "E";
    if (then) std::exchange(then, nullptr)();
  }
  Log& log;
  std::function<void()> then;
};

struct LoggingDeferred final : Deferred {
  explicit LoggingDeferred(Log& log) : log(log) {}
  ~LoggingDeferred() override { log.text += "D"; }
  Log& log;
};

TEST(LoopTest, RunsATurnInItsOrder) {
  base::ManualClock clock;
  Loop loop(clock);
  Log log;
  SocketPair pair;
  LoggingHandler handler(log);
  FdWatch watch(loop, pair.a.get(), handler);
  watch.SetInterest(true, false);
  LoggingTurnEnd end(log);
  FunctionTimer timer(loop, [&log] { log.text += "T"; });
  timer.Arm(1);
  handler.then = [&] {
    loop.DeleteLater(std::make_unique<LoggingDeferred>(log));
    loop.AtTurnEnd(end);
    loop.AtTurnEnd(end);
    loop.Post([&log] { log.text += "P"; });
  };
  ASSERT_EQ(write(pair.b.get(), "x", 1), 1);
  clock.AdvanceMs(50);
  loop.RunOnce();
  EXPECT_EQ(log.text, "RTPED");
}

TEST(LoopTest, EndOfTurnWorkRunsUntilThereIsNoneAndDeletionsMayAskForMore) {
  Loop loop;
  Log log;
  LoggingTurnEnd first(log), second(log);
  first.then = [&] { loop.AtTurnEnd(second); };
  second.then = [&] { loop.AtTurnEnd(first); };
  loop.AtTurnEnd(first);
  loop.RunOnce();
  EXPECT_EQ(log.text, "EEE");
}

TEST(LoopTest, NextTurnWorkLetsDescriptorsGoFirst) {
  Loop loop;
  Log log;
  SocketPair pair;
  LoggingHandler handler(log);
  FdWatch watch(loop, pair.a.get(), handler);
  watch.SetInterest(true, false);
  ASSERT_EQ(write(pair.b.get(), "x", 1), 1);
  LoggingTurnEnd end(log);
  end.then = [&] {
    loop.AtNextTurnEnd(end);
    log.text += "|";
  };
  loop.AtTurnEnd(end);
  loop.RunOnce();
  loop.RunOnce();
  EXPECT_EQ(log.text, "RE|RE");
}

TEST(LoopTest, WatchFollowsItsInterest) {
  Loop loop;
  Log log;
  SocketPair pair;
  LoggingHandler handler(log);
  FdWatch watch(loop, pair.a.get(), handler);
  watch.SetInterest(false, true);
  loop.RunOnce();
  watch.SetInterest(true, false);
  loop.RunOnce();
  ASSERT_EQ(write(pair.b.get(), "x", 1), 1);
  loop.RunOnce();
  loop.RunOnce();
  watch.SetInterest(false, false);
  loop.RunOnce();
  EXPECT_EQ(log.text, "WRR") << "level-triggered";
}

TEST(LoopTest, AWatchMayDieInItsOwnCallback) {
  Loop loop;
  Log log;
  SocketPair pair;
  LoggingHandler handler(log);
  auto watch = std::make_unique<FdWatch>(loop, pair.a.get(), handler);
  watch->SetInterest(true, true);
  handler.then = [&] { watch.reset(); };
  ASSERT_EQ(write(pair.b.get(), "x", 1), 1);
  loop.RunOnce();
  loop.RunOnce();
  EXPECT_EQ(log.text.find('R'), log.text.rfind('R'));
}

TEST(LoopTest, TasksOfOtherThreadsRunInOrderAndWakeIt) {
  Loop loop;
  std::vector<int> seen;
  std::thread::id ran_on;
  std::thread poster([&] {
    for (int i = 0; i < 1000; ++i) loop.Post([&seen, i] { seen.push_back(i); });
    loop.Post([&] {
      ran_on = std::this_thread::get_id();
      loop.Post([&loop] { loop.Stop(); });
    });
  });
  loop.Run();
  poster.join();
  ASSERT_EQ(seen.size(), 1000u);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(seen[i], i);
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(LoopTest, AStopBeforeRunIsNotLostAndRunMayBeCalledAgain) {
  Loop loop;
  loop.Stop();
  loop.Run();
  int ran = 0;
  loop.Post([&] {
    ++ran;
    loop.Stop();
  });
  loop.Run();
  EXPECT_EQ(ran, 1);
}

TEST(LoopTest, TimersEndTheWait) {
  Loop loop;
  int fired = 0;
  FunctionTimer stop(loop, [&] { loop.Stop(); });
  FunctionTimer again(loop, [&] {
    if (++fired == 3) stop.Arm(0);
  });
  FunctionTimer far(loop, [&] { fired += 100; });
  far.Arm(3'600'000);
  struct Rearm final : TurnEnd {
    void OnTurnEnd() override {
      if (!timer->armed()) timer->Arm(1);
      loop->AtNextTurnEnd(*this);
    }
    FunctionTimer* timer;
    Loop* loop;
  } rearm;
  rearm.timer = &again;
  rearm.loop = &loop;
  loop.AtTurnEnd(rearm);
  loop.Run();
  EXPECT_GE(fired, 3);
  EXPECT_LT(fired, 100);
}

TEST(LoopTest, SignalsAreTasks) {
  Loop loop;
  int hups = 0;
  loop.OnSignal(SIGHUP, [&] {
    if (++hups == 2) loop.Stop();
    raise(SIGHUP);
  });
  raise(SIGHUP);
  loop.Run();
  EXPECT_EQ(hups, 2);
}

TEST(LoopTest, WhatIsLeftDiesWithTheLoop) {
  Log log;
  {
    Loop loop;
    loop.DeleteLater(std::make_unique<LoggingDeferred>(log));
    loop.Post([held = std::make_unique<LoggingDeferred>(log)]() mutable {});
  }
  EXPECT_EQ(log.text, "DD");
}

}  // namespace
}  // namespace sluice::event
