// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/gcra.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::limits {

absl::StatusOr<Gcra> Gcra::Make(uint64_t units, int64_t window_ns, uint64_t burst) {
  if (units < 1 || units > kMaxUnits) {
    return absl::InvalidArgumentError(
        absl::StrCat("units a window must be 1 to ", kMaxUnits, ", not ", units));
  }
  if (window_ns < 1 || window_ns > kMaxWindowNs) {
    return absl::InvalidArgumentError("window must be above 0 and at most 366 days");
  }
  if (burst < 1 || burst > kMaxUnits) {
    return absl::InvalidArgumentError(
        absl::StrCat("burst must be 1 to ", kMaxUnits, ", not ", burst));
  }
  const int64_t interval_ns =
      (window_ns + static_cast<int64_t>(units) - 1) / static_cast<int64_t>(units);
  if (interval_ns > kMaxCapacityNs / static_cast<int64_t>(burst)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a burst of ", burst, " takes more than nine years to come back at that rate"));
  }
  return Gcra(burst, interval_ns);
}

int64_t Gcra::UntilNextUnit(int64_t spent_ns, uint64_t left) const {
  if (left >= burst_) return 0;
  return spent_ns - (capacity_ns_ - static_cast<int64_t>(left + 1) * interval_ns_);
}

Standing Gcra::Judge(int64_t tat_ns, int64_t now_ns, uint64_t cost) const {
  const int64_t spent_ns = std::max(tat_ns, now_ns) - now_ns;
  Standing standing;
  int64_t after_ns = spent_ns;
  if (cost > burst_) {
    standing.retry_after_ns = kNever;
  } else {
    const int64_t with_ns = spent_ns + static_cast<int64_t>(cost) * interval_ns_;
    standing.admitted = with_ns <= capacity_ns_;
    if (standing.admitted) {
      after_ns = with_ns;
    } else {
      standing.retry_after_ns = with_ns - capacity_ns_;
    }
  }
  standing.remaining = UnitsLeft(after_ns);
  standing.next_unit_ns = UntilNextUnit(after_ns, standing.remaining);
  standing.reset_ns = after_ns;
  return standing;
}

}  // namespace sluice::limits
