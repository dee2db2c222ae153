// SPDX-License-Identifier: Apache-2.0
#include "dataplane/telemetry/time_format.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice::telemetry {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr size_t kMaxFormatBytes = 64;
// What strftime knows, less alternative forms of a locale and what would break a line.
constexpr std::string_view kConversions = "aAbBcCdDeFgGhHIjklmMprRSTuUVwWxXyYzZ%";

struct Moment {
  int64_t seconds;
  int64_t fraction_ns;
};

// Rounds towards the past, so that the fraction is never negative.
Moment Split(int64_t wall_ns) {
  int64_t seconds = wall_ns / kNsPerSecond;
  int64_t fraction = wall_ns % kNsPerSecond;
  if (fraction < 0) fraction += kNsPerSecond, --seconds;
  return {seconds, fraction};
}

char* PutDigits(int64_t value, int digits, char* out) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + digits;
}

// Every line has this one; strftime takes five times as long.
char* PutDefault(const Moment& moment, const std::tm& tm, char* out) {
  out = PutDigits(tm.tm_year + 1900, 4, out);
  *out++ = '-';
  out = PutDigits(tm.tm_mon + 1, 2, out);
  *out++ = '-';
  out = PutDigits(tm.tm_mday, 2, out);
  *out++ = 'T';
  out = PutDigits(tm.tm_hour, 2, out);
  *out++ = ':';
  out = PutDigits(tm.tm_min, 2, out);
  *out++ = ':';
  out = PutDigits(tm.tm_sec, 2, out);
  *out++ = '.';
  out = PutDigits(moment.fraction_ns / 1'000'000, 3, out);
  *out++ = 'Z';
  return out;
}

}  // namespace

absl::StatusOr<TimeFormat> TimeFormat::Compile(std::string_view format) {
  TimeFormat compiled;
  if (format.size() > kMaxFormatBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("time format of ", format.size(), " bytes: at most ", kMaxFormatBytes));
  }
  std::string calendar;
  auto end_calendar = [&] {
    if (!calendar.empty()) {
      compiled.parts_.push_back({Part::Kind::kCalendar, std::exchange(calendar, {})});
    }
  };
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      calendar.push_back(format[i]);
      continue;
    }
    const char next = i + 1 < format.size() ? format[i + 1] : '\0';
    const bool counted =
        next >= '1' && next <= '9' && i + 2 < format.size() && format[i + 2] == 'f';
    if (next == 'f' || counted) {
      end_calendar();
      compiled.parts_.push_back({Part::Kind::kFraction, {}, counted ? next - '0' : 9});
      i += counted ? 2 : 1;
    } else if (next == 's') {
      end_calendar();
      compiled.parts_.push_back({Part::Kind::kEpochSeconds, {}});
      ++i;
    } else if (next != '\0' && kConversions.find(next) != std::string_view::npos) {
      calendar.append(format, i, 2);
      ++i;
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("time format \"", format, "\": unknown \"%", format.substr(i + 1, 1),
                       "\"; strftime's, %s, %f and %1f to %9f are known"));
    }
  }
  end_calendar();
  return compiled;
}

std::string_view TimeFormat::Print(int64_t wall_ns, char (&out)[kMaxBytes]) const {
  const Moment moment = Split(wall_ns);
  const std::time_t seconds = moment.seconds;
  std::tm tm;
  gmtime_r(&seconds, &tm);
  char* at = out;
  char* const end = out + kMaxBytes;
  if (parts_.empty()) at = PutDefault(moment, tm, at);
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Part::Kind::kCalendar:
        at += std::strftime(at, static_cast<size_t>(end - at), part.calendar.c_str(), &tm);
        break;
      case Part::Kind::kEpochSeconds:
        // What does not fit is left out whole: to_chars may have written nothing.
        if (const auto [past, error] = std::to_chars(at, end, moment.seconds); error == std::errc())
          at = past;
        break;
      case Part::Kind::kFraction: {
        char digits[9];
        PutDigits(moment.fraction_ns, 9, digits);
        at = std::copy_n(digits, std::min<std::ptrdiff_t>(part.digits, end - at), at);
        break;
      }
    }
  }
  return {out, static_cast<size_t>(at - out)};
}

}  // namespace sluice::telemetry
