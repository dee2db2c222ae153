// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace sluice::limits {

// TestDice are the random numbers of property tests and benchmarks: SplitMix64 from a fixed seed,
// so that what fails fails again.
//
// Thread: one.
class TestDice {
 public:
  explicit TestDice(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Uniform in [low, high], near enough. Requires low <= high and high - low below 2^63.
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Next() % (static_cast<uint64_t>(high - low) + 1));
  }

 private:
  uint64_t state_;
};

}  // namespace sluice::limits
