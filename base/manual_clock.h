// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace sluice::base {

// ManualClock stands still until a test advances it. Both readings move together.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t wall_ns = 1'700'000'000'000'000'000) : wall_start_ns_(wall_ns) {}

  int64_t MonotonicNs() const override { return now_ns_.load(); }
  int64_t WallNs() const override { return wall_start_ns_ + now_ns_.load(); }

  void AdvanceNs(int64_t ns) { now_ns_ += ns; }
  void AdvanceMs(int64_t ms) { AdvanceNs(ms * 1'000'000); }

 private:
  const int64_t wall_start_ns_;
  std::atomic<int64_t> now_ns_{1};
};

}  // namespace sluice::base
