// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "dataplane/limits/gcra.h"

namespace sluice::limits {

// The ReferenceBucket is the token bucket that Gcra must be equal to: a level that fills with time.
// It shares no arithmetic with Gcra but its interval and capacity.
//
// Thread: one. Times must not go back.
class ReferenceBucket {
 public:
  explicit ReferenceBucket(const Gcra& limit) : limit_(limit), level_ns_(limit.capacity_ns()) {}

  // Whether a request would be let through; spends nothing.
  Standing Look(int64_t now_ns, uint64_t cost) {
    level_ns_ = std::min(level_ns_ + (now_ns - last_ns_), limit_.capacity_ns());
    last_ns_ = now_ns;
    const __int128 wanted_ns = static_cast<__int128>(cost) * limit_.interval_ns();
    Standing standing;
    int64_t level_ns = level_ns_;
    standing.admitted = wanted_ns <= level_ns_;
    if (standing.admitted) {
      level_ns -= static_cast<int64_t>(wanted_ns);
    } else if (wanted_ns > limit_.capacity_ns()) {
      standing.retry_after_ns = kNever;
    } else {
      standing.retry_after_ns = static_cast<int64_t>(wanted_ns) - level_ns_;
    }
    standing.remaining = static_cast<uint64_t>(level_ns / limit_.interval_ns());
    standing.reset_ns = limit_.capacity_ns() - level_ns;
    if (standing.remaining < limit_.burst()) {
      standing.next_unit_ns = limit_.interval_ns() - level_ns % limit_.interval_ns();
    }
    return standing;
  }

  void Spend(uint64_t cost) { level_ns_ -= static_cast<int64_t>(cost) * limit_.interval_ns(); }

 private:
  const Gcra limit_;
  int64_t level_ns_;
  int64_t last_ns_ = 0;
};

inline bool operator==(const Standing& a, const Standing& b) {
  return a.admitted == b.admitted && a.remaining == b.remaining &&
         a.next_unit_ns == b.next_unit_ns && a.reset_ns == b.reset_ns &&
         a.retry_after_ns == b.retry_after_ns;
}

// What was admitted: when it was said to be, and how many units.
using Admissions = std::vector<std::pair<int64_t, uint64_t>>;

// By how many nanoseconds' worth of units the worst stretch of `admissions` is above what the limit
// allows for it, burst + d / interval; negative if all stay below.
inline __int128 WorstExcess(const Gcra& limit, Admissions admissions) {
  std::sort(admissions.begin(), admissions.end());
  __int128 spent_ns = 0;  // By all before.
  __int128 best_start = INT64_MIN;
  __int128 worst = -limit.capacity_ns();
  for (const auto& [time_ns, cost] : admissions) {
    best_start = std::max(best_start, static_cast<__int128>(time_ns) - spent_ns);
    spent_ns += static_cast<__int128>(cost) * limit.interval_ns();
    worst = std::max(worst, spent_ns - time_ns + best_start - limit.capacity_ns());
  }
  return worst;
}

}  // namespace sluice::limits
