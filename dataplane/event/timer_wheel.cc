// SPDX-License-Identifier: Apache-2.0
#include "dataplane/event/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "absl/log/check.h"

namespace sluice::event {

void TimerWheel::Add(Timer& timer, int64_t tick) {
  timer.deadline_tick_ = std::clamp(tick, now_ + 1, kMaxTick);
  Place(timer);
}

void TimerWheel::Place(Timer& timer) {
  const uint64_t difference = static_cast<uint64_t>(timer.deadline_tick_ ^ now_);
  if (difference == 0) {
    due_.PushBack(timer);
    return;
  }
  const int level = (std::bit_width(difference) - 1) / kBits;
  DCHECK_LT(level, kLevels);
  const int slot = static_cast<int>(timer.deadline_tick_ >> (level * kBits)) & (kSlots - 1);
  levels_[level].slots[slot].PushBack(timer);
  levels_[level].occupied |= uint64_t{1} << slot;
}

TimerWheel::Position TimerWheel::FindFirst() {
  for (int l = 0; l < kLevels; ++l) {
    Level& level = levels_[l];
    while (level.occupied != 0) {
      const int slot = std::countr_zero(level.occupied);
      if (level.slots[slot].empty()) {  // Its timers were disarmed (invariant 2).
        level.occupied &= level.occupied - 1;
        continue;
      }
      const int shift = l * kBits;
      const int64_t above = (now_ >> (shift + kBits)) << (shift + kBits);
      return {l, slot, above | (int64_t{slot} << shift)};
    }
  }
  return {};
}

int64_t TimerWheel::NextTick() { return FindFirst().tick; }

void TimerWheel::Advance(int64_t tick) {
  tick = std::min(tick, kMaxTick - 1);
  if (tick <= now_) return;
  for (Position first = FindFirst(); first.tick <= tick; first = FindFirst()) {
    now_ = first.tick;
    Level& level = levels_[first.level];
    level.occupied &= ~(uint64_t{1} << first.slot);
    base::IntrusiveList<Timer> spread;
    spread.Splice(level.slots[first.slot]);
    while (Timer* timer = spread.PopFront()) Place(*timer);
  }
  now_ = tick;
  while (Timer* timer = due_.PopFront()) timer->OnTimer();
}

}  // namespace sluice::event
