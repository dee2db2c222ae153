// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace sluice::http2 {

// How many more streams a client may have reset, by itself (CVE-2023-44487) or by making us do it
// (CVE-2025-8671): a bucket of `burst` that fills at `per_second`.
//
// Thread: its connection's worker only.
class ResetBudget {
 public:
  ResetBudget(uint32_t burst, uint32_t per_second, const base::Clock& clock)
      : burst_(burst), per_second_(per_second), clock_(clock), left_(burst) {}

  // Takes one; false when none was left.
  [[nodiscard]] bool TrySpend() {
    if (left_ == 0) Refill();
    if (left_ == 0) return false;
    if (left_ == burst_) filled_at_ns_ = clock_.MonotonicNs();
    --left_;
    return true;
  }

 private:
  static constexpr int64_t kSecondNs = 1'000'000'000;

  void Refill() {
    const int64_t seconds = (clock_.MonotonicNs() - filled_at_ns_) / kSecondNs;
    filled_at_ns_ += seconds * kSecondNs;
    left_ = static_cast<uint32_t>(std::min<int64_t>(burst_, seconds * per_second_));
  }

  const uint32_t burst_;
  const uint32_t per_second_;
  const base::Clock& clock_;
  uint32_t left_;
  int64_t filled_at_ns_ = 0;  // The time up to which `left_` has been filled.
};

}  // namespace sluice::http2
