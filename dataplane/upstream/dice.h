// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace sluice::upstream {

// Dice are a worker's random numbers for choosing endpoints: SplitMix64, a few instructions a
// throw. Not for secrets.
//
// Thread: its worker's only.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Uniform in [0, n). Requires n > 0. The bias of a multiplication instead of a division is below
  // n / 2^32.
  uint32_t Below(uint32_t n) {
    return static_cast<uint32_t>((uint64_t{static_cast<uint32_t>(Next() >> 32)} * n) >> 32);
  }

  // Uniform in [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

}  // namespace sluice::upstream
