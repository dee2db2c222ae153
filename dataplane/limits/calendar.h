// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace sluice::limits {

// Windows of the calendar, in UTC: a day from midnight, a month from the midnight of its first day.
// UTC as clocks of Unix count it, without leap seconds.
enum class CalendarWindow : uint8_t { kDay, kMonth };

// The number of the window that holds a moment, in the order of time: days since 1970-01-01, or
// months since January 1970. Moments before 1970 are in window 0.
[[nodiscard]] uint32_t WindowNumber(CalendarWindow window, int64_t wall_s);

// When that window ends, in seconds since 1970: the first second of the next.
[[nodiscard]] int64_t WindowEnd(CalendarWindow window, uint32_t number);

}  // namespace sluice::limits
