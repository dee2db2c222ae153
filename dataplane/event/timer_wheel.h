// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "base/intrusive_list.h"
#include "dataplane/event/loop.h"

namespace sluice::event {

// A TimerWheel keeps the armed timers of one loop: six levels of 64 slots, each level 64 times
// coarser than the one below. Adding and removing are O(1); a timer moves down a level at most five
// times before it fires, and stretches of time without timers cost nothing.
//
// Invariants:
//   1. A timer of level L shares every bit of its deadline above the L-th group of six with
//      `now_`, and differs in that group: so the lowest level in use holds the earliest timer, and
//      the slots of a level are in order of time.
//   2. A slot that holds timers has its bit set; a set bit may belong to an empty slot, since a
//      timer that is disarmed only leaves its list.
//
// Thread:   its loop's only.
// Lifetime: timers unlink themselves when they die.
// Limits:   deadlines are cut to 2^36 ticks (17 years) after the wheel's start.
class TimerWheel {
 public:
  static constexpr int64_t kTickNs = 8'000'000;
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  // Arms `timer`, which is in no list, for `tick`, or the next one if that is past.
  void Add(Timer& timer, int64_t tick);

  // The next tick at which there is work (a timer is due, or a slot must be spread over the level
  // below), kNever if no timer is armed.
  int64_t NextTick();

  // Moves time to `tick` and fires what is due, in order of deadline. Timers that callbacks arm
  // are due at a later tick, so this ends.
  void Advance(int64_t tick);

  int64_t now() const { return now_; }

 private:
  static constexpr int kLevels = 6;
  static constexpr int kBits = 6;
  static constexpr int kSlots = 1 << kBits;
  static constexpr int64_t kMaxTick = (int64_t{1} << (kLevels * kBits)) - 1;

  struct Level {
    uint64_t occupied = 0;
    std::array<base::IntrusiveList<Timer>, kSlots> slots;
  };
  struct Position {
    int level = -1;
    int slot = 0;
    int64_t tick = kNever;
  };

  void Place(Timer& timer);
  Position FindFirst();

  int64_t now_ = 0;
  std::array<Level, kLevels> levels_;
  base::IntrusiveList<Timer> due_;
};

}  // namespace sluice::event
