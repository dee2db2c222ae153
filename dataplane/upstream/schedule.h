// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "dataplane/upstream/dice.h"

namespace sluice::upstream {

// A Schedule visits n things in turn, each as often as its weight says and as evenly spread as
// that allows: earliest deadline first, where a visit moves a thing's deadline by 1 / weight.
// Equal weights are plain rotation. It starts at a random place, so that many workers (or proxies)
// that start together do not all go to the same endpoint first.
//
// Limits: Next is O(1) for equal weights, else O(log n); no allocation after construction.
class Schedule {
 public:
  // Requires weights that are not empty and above zero.
  Schedule(absl::Span<const uint32_t> weights, Dice& dice);

  uint32_t Next();

 private:
  struct Entry {
    double deadline;
    double period;
    uint32_t index;
  };
  static bool Later(const Entry& a, const Entry& b) { return a.deadline > b.deadline; }
  void SinkFirst();

  std::vector<Entry> heap_;  // Empty when all weights are equal.
  uint32_t count_;
  uint32_t next_ = 0;
};

// An AliasTable throws weighted dice in O(1) (Walker, Vose).
class AliasTable {
 public:
  // Requires weights that are not empty and above zero.
  explicit AliasTable(absl::Span<const uint32_t> weights);

  uint32_t Throw(Dice& dice) const {
    const uint32_t i = dice.Below(count_);
    if (slots_.empty() || dice.Unit() < slots_[i].keep) return i;
    return slots_[i].other;
  }

 private:
  struct Slot {
    double keep = 1;
    uint32_t other = 0;
  };
  std::vector<Slot> slots_;  // Empty when all weights are equal.
  uint32_t count_;
};

}  // namespace sluice::upstream
