// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/intrusive_list.h"

namespace sluice::event {

class Loop;

// Something that the loop destroys later, so that nothing dies inside its own callback.
class Deferred {
 public:
  virtual ~Deferred() = default;
};

// Work done once at the end of the current turn, however often it was asked for: flushing a
// connection, publishing a snapshot.
class TurnEnd : public base::ListNode {
 public:
  virtual void OnTurnEnd() = 0;

 protected:
  ~TurnEnd() = default;
};

// A Timer fires once, at its deadline or after it, at the resolution of the loop's wheel (8 ms).
// Arming and disarming are O(1) and make no system call.
//
// Thread:   its loop's only.
// Lifetime: the loop must outlive it; destroying an armed timer disarms it.
class Timer : public base::ListNode {
 public:
  explicit Timer(Loop& loop) : loop_(loop) {}
  virtual ~Timer() = default;

  // Fires OnTimer in `delay_ms` (0 means the next tick), instead of what was armed before. It is
  // counted from the loop's now: the start of this turn.
  void Arm(int64_t delay_ms);
  void Disarm() { Unlink(); }
  bool armed() const { return linked(); }

 protected:
  virtual void OnTimer() = 0;
  Loop& loop() { return loop_; }

 private:
  friend class TimerWheel;
  Loop& loop_;
  int64_t deadline_tick_ = 0;
};

// A Timer that calls a function.
class FunctionTimer final : public Timer {
 public:
  FunctionTimer(Loop& loop, absl::AnyInvocable<void()> on_timer)
      : Timer(loop), on_timer_(std::move(on_timer)) {}

 private:
  void OnTimer() override { on_timer_(); }
  absl::AnyInvocable<void()> on_timer_;
};

// A Timer that calls a member function of the object it stands in:
//   MemberTimer<Exchange, &Exchange::OnTimeout> timeout_{loop, *this};
template <typename T, void (T::*kMethod)()>
class MemberTimer final : public Timer {
 public:
  MemberTimer(Loop& loop, T& owner) : Timer(loop), owner_(owner) {}

 private:
  void OnTimer() override { (owner_.*kMethod)(); }
  T& owner_;
};

// What is told that a descriptor is ready.
class FdHandler {
 public:
  virtual void OnReadable() = 0;
  virtual void OnWritable() = 0;

 protected:
  ~FdHandler() = default;
};

// FdWatch tells a handler when a descriptor can be read or written (level-triggered). It does not
// own the descriptor.
//
// Thread:   its loop's only.
// Lifetime: destroy it before closing the descriptor.
class FdWatch {
 public:
  FdWatch(Loop& loop, int fd, FdHandler& handler);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // System calls are made only when the interest changes.
  void SetInterest(bool readable, bool writable);

 private:
  class Registration;
  std::unique_ptr<Registration> registration_;
};

// A Loop runs one thread: descriptors, timers, posted tasks, end-of-turn work, deferred deletion.
// The door to libevent.
//
// A turn: ready descriptors and due timers, then posted tasks, then end-of-turn work until there is
// none, then deletions.
//
// Thread:   created anywhere, then used from the thread that calls Run only; Post and Stop from
//           any.
// Lifetime: outlives its timers, watches and connections.
// Limits:   posted tasks are unbounded: posters bound themselves.
class Loop {
 public:
  explicit Loop(const base::Clock& clock = base::Clock::System());
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until Stop. May be called again after.
  void Run();
  // Runs what is ready now, without waiting (tests).
  void RunOnce();
  void Stop();

  // Runs `task` on the loop's thread, in order of posting.
  void Post(absl::AnyInvocable<void()> task);

  // Monotonic time as of the start of this turn.
  int64_t now_ms() const { return now_ns_ / 1'000'000; }
  int64_t now_ns() const { return now_ns_; }
  const base::Clock& clock() const { return clock_; }

  // Calls work.OnTurnEnd() once before this turn ends.
  void AtTurnEnd(TurnEnd& work) {
    if (!work.linked()) turn_end_.PushBack(work);
  }

  // The same, but at the end of the next turn, which then does not wait: for work that must let
  // descriptors have their turn in between.
  void AtNextTurnEnd(TurnEnd& work);

  // Destroys `object` at the end of this turn.
  void DeleteLater(std::unique_ptr<Deferred> object);

  // Signals are delivered as tasks of the loop (main thread only).
  void OnSignal(int signal_number, absl::AnyInvocable<void()> handler);

 private:
  friend class Timer;
  friend class FdWatch;
  struct Internals;

  const base::Clock& clock_;
  int64_t now_ns_ = 0;
  base::IntrusiveList<TurnEnd> turn_end_;
  std::unique_ptr<Internals> internals_;
};

}  // namespace sluice::event
