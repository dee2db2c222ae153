// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/date.h"

#include <ctime>

namespace sluice::exchange {

std::string_view HttpDate(int64_t wall_ns) {
  thread_local int64_t cached_second = -1;
  thread_local char text[32];
  thread_local size_t size = 0;
  const int64_t second = wall_ns / 1'000'000'000;
  if (second != cached_second) {
    cached_second = second;
    const time_t t = static_cast<time_t>(second);
    tm parts;
    gmtime_r(&t, &parts);
    size = strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return {text, size};
}

}  // namespace sluice::exchange
