// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/calendar.h"

#include <algorithm>
#include <chrono>

namespace sluice::limits {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int kMonths = 12;
constexpr int kFirstYear = 1970;

}  // namespace

uint32_t WindowNumber(CalendarWindow window, int64_t wall_s) {
  const auto day =
      std::chrono::floor<days>(std::chrono::sys_seconds(seconds(std::max<int64_t>(wall_s, 0))));
  if (window == CalendarWindow::kDay) return static_cast<uint32_t>(day.time_since_epoch().count());
  const year_month_day date(day);
  return static_cast<uint32_t>((static_cast<int>(date.year()) - kFirstYear) * kMonths) +
         static_cast<unsigned>(date.month()) - 1;
}

int64_t WindowEnd(CalendarWindow window, uint32_t number) {
  const uint32_t next = number + 1;
  if (window == CalendarWindow::kDay) return seconds(days(next)).count();
  const year_month_day first(year(kFirstYear + static_cast<int>(next / kMonths)),
                             std::chrono::month(next % kMonths + 1), std::chrono::day(1));
  return seconds(sys_days(first).time_since_epoch()).count();
}

}  // namespace sluice::limits
