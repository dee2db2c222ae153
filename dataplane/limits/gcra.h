// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

namespace sluice::limits {

// What a limit says of one request. Durations are nanoseconds from the `now` it was asked with.
struct Standing {
  bool admitted = false;
  uint64_t remaining = 0;      // Units that would be admitted at once, after this request.
  int64_t next_unit_ns = 0;    // Until there is one more than that; 0 if there is none to wait for.
  int64_t reset_ns = 0;        // Until everything spent has come back.
  int64_t retry_after_ns = 0;  // Until the same request would be admitted; kNever if it never is.
};

inline constexpr int64_t kNever = INT64_MAX;

// Gcra is a limit of so many units a window with a burst: the generic cell rate algorithm in its
// form of virtual scheduling (ITU-T I.371, annex A). All that it remembers of a key is one number,
// the theoretical arrival time: when everything that was spent will have come back. A key whose
// time has passed is as good as one that was never seen.
//
// Over any stretch of `d` nanoseconds of the times that it is asked with, whatever their order, it
// admits at most `burst + d / interval` units, exactly. The interval between units is window /
// units rounded up to whole nanoseconds: so a limit admits less than its rate by under one part in
// interval_ns (0.1% at a million a second, nothing that shows below 10,000 a second).
//
// It holds no state and does no counting between threads: that is LimitTable's.
//
// Thread:   immutable; any.
// Lifetime: a value.
// Errors:   Make refuses what cannot be counted, and says what.
// Limits:   1 to 1e9 units a window, windows of 1 ns to kMaxWindowNs, burst of 1 to 1e9 that comes
// back
//           within kMaxCapacityNs; cost 1 to 1e6 units a request. Times are from 0 to kMaxTimeNs.
class Gcra {
 public:
  static constexpr uint64_t kMaxUnits = 1'000'000'000;
  static constexpr uint64_t kMaxCost = 1'000'000;
  static constexpr int64_t kMaxWindowNs = int64_t{366} * 24 * 3600 * 1'000'000'000;
  // Nine years: time and capacity together stay below the 60 bits that a cell has for them.
  static constexpr int64_t kMaxCapacityNs = int64_t{1} << 58;
  static constexpr int64_t kMaxTimeNs = int64_t{1} << 58;

  static absl::StatusOr<Gcra> Make(uint64_t units, int64_t window_ns, uint64_t burst);

  // What a request of `cost` units at `now_ns` comes to, when the theoretical arrival time is
  // `tat_ns`.
  [[nodiscard]] Standing Judge(int64_t tat_ns, int64_t now_ns, uint64_t cost) const;

  // The theoretical arrival time after such a request was admitted.
  [[nodiscard]] int64_t After(int64_t tat_ns, int64_t now_ns, uint64_t cost) const {
    return (tat_ns > now_ns ? tat_ns : now_ns) + static_cast<int64_t>(cost) * interval_ns_;
  }

  uint64_t burst() const { return burst_; }
  int64_t interval_ns() const { return interval_ns_; }
  // How far the theoretical arrival time may run ahead: burst times interval.
  int64_t capacity_ns() const { return capacity_ns_; }

 private:
  Gcra(uint64_t burst, int64_t interval_ns)
      : burst_(burst),
        interval_ns_(interval_ns),
        capacity_ns_(static_cast<int64_t>(burst) * interval_ns) {}

  // Both with `spent_ns` of the capacity gone.
  uint64_t UnitsLeft(int64_t spent_ns) const {
    return spent_ns >= capacity_ns_
               ? 0
               : static_cast<uint64_t>((capacity_ns_ - spent_ns) / interval_ns_);
  }
  int64_t UntilNextUnit(int64_t spent_ns, uint64_t left) const;

  uint64_t burst_;
  int64_t interval_ns_;
  int64_t capacity_ns_;
};

}  // namespace sluice::limits
