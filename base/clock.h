// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace sluice::base {

// Clock tells time. Everything that waits or stamps takes one, so that tests turn it by hand.
//
// Thread: any; implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Monotonic nanoseconds since an arbitrary start; for deadlines and durations.
  virtual int64_t MonotonicNs() const = 0;

  // Nanoseconds since the Unix epoch; for stamps that people and peers read.
  virtual int64_t WallNs() const = 0;

  // The machine's clocks. Never destroyed.
  static const Clock& System();
};

}  // namespace sluice::base
