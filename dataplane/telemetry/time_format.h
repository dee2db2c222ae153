// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::telemetry {

// A TimeFormat prints a moment in UTC: strftime's conversions, with %s (seconds since the epoch),
// %f (nanoseconds, nine digits) and %1f to %9f (so many digits of the fraction).
//
// Thread:   immutable; any.
// Errors:   Compile names the conversion it does not know.
// Limits:   prints at most kMaxBytes; a conversion that does not fit any more is left out.
class TimeFormat {
 public:
  static constexpr size_t kMaxBytes = 256;

  // An empty format is "2026-01-31T23:59:59.123Z".
  static absl::StatusOr<TimeFormat> Compile(std::string_view format);

  // Writes to `out` and returns what was written.
  std::string_view Print(int64_t wall_ns, char (&out)[kMaxBytes]) const;

 private:
  struct Part {
    enum class Kind : uint8_t { kCalendar, kEpochSeconds, kFraction };
    Kind kind;
    std::string calendar;  // For strftime.
    int digits = 0;
  };
  std::vector<Part> parts_;  // Empty: the default.
};

}  // namespace sluice::telemetry
