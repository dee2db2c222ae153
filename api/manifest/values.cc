// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/values.h"

#include <array>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::manifest {
namespace {

using Wide = unsigned __int128;

struct DurationUnit {
  std::string_view name;
  absl::Duration size;
};

// Longest names first, since "ms" starts like "m".
const std::array<DurationUnit, 4>& DurationUnits() {
  static const std::array<DurationUnit, 4> units = {{{"ms", absl::Milliseconds(1)},
                                                     {"h", absl::Hours(1)},
                                                     {"m", absl::Minutes(1)},
                                                     {"s", absl::Seconds(1)}}};
  return units;
}

struct Suffix {
  std::string_view name;
  uint64_t factor;
};

constexpr std::array<Suffix, 6> kBinary = {{{"Ei", 1ull << 60},
                                            {"Pi", 1ull << 50},
                                            {"Ti", 1ull << 40},
                                            {"Gi", 1ull << 30},
                                            {"Mi", 1ull << 20},
                                            {"Ki", 1ull << 10}}};
constexpr std::array<Suffix, 6> kDecimal = {{{"E", 1'000'000'000'000'000'000ull},
                                             {"P", 1'000'000'000'000'000ull},
                                             {"T", 1'000'000'000'000ull},
                                             {"G", 1'000'000'000ull},
                                             {"M", 1'000'000ull},
                                             {"k", 1'000ull}}};

size_t LeadingDigits(std::string_view text) {
  size_t count = 0;
  while (count < text.size() && absl::ascii_isdigit(text[count])) ++count;
  return count;
}

uint64_t TakeSuffix(std::string_view* text) {
  for (const auto& suffixes : {kBinary, kDecimal}) {
    for (const Suffix& suffix : suffixes) {
      if (absl::EndsWith(*text, suffix.name)) {
        text->remove_suffix(suffix.name.size());
        return suffix.factor;
      }
    }
  }
  return 1;
}

absl::Status BadDuration() {
  return absl::InvalidArgumentError(
      "must be a duration such as \"1h30m\", \"15s\" or \"500ms\" (whole numbers with h, m, s or "
      "ms, none negative).");
}

absl::Status BadQuantity() {
  return absl::InvalidArgumentError(
      "must be a whole size such as 65536, \"64Ki\" or \"10M\" (suffix k, M, G, T, P, E or Ki, "
      "Mi, Gi, Ti, Pi, Ei; below 8Ei).");
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  if (text == "0") return absl::ZeroDuration();
  absl::Duration total;
  int parts = 0;
  while (!text.empty()) {
    const size_t digits = LeadingDigits(text);
    int64_t count = 0;
    if (digits < 1 || digits > 5 || ++parts > 4 ||
        !absl::SimpleAtoi(text.substr(0, digits), &count)) {
      return BadDuration();
    }
    text.remove_prefix(digits);
    const DurationUnit* unit = nullptr;
    for (const DurationUnit& candidate : DurationUnits()) {
      if (unit == nullptr && absl::StartsWith(text, candidate.name)) unit = &candidate;
    }
    if (unit == nullptr) return BadDuration();
    text.remove_prefix(unit->name.size());
    total += count * unit->size;
  }
  if (parts == 0) return BadDuration();
  return total;
}

std::string WriteDuration(absl::Duration duration) {
  std::string out;
  for (const auto& [name, size] :
       {DurationUnits()[1], DurationUnits()[2], DurationUnits()[3], DurationUnits()[0]}) {
    const int64_t count = absl::IDivDuration(duration, size, &duration);
    if (count > 0) absl::StrAppend(&out, count, name);
  }
  return out.empty() ? "0s" : out;
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(
      static_cast<int32_t>(absl::IDivDuration(duration, absl::Nanoseconds(1), &duration)));
  return proto;
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::StatusOr<int64_t> ParseQuantity(std::string_view text) {
  const uint64_t factor = TakeSuffix(&text);
  const size_t whole_digits = LeadingDigits(text);
  const std::string_view whole = text.substr(0, whole_digits);
  std::string_view fraction = text.substr(whole_digits);
  if (!fraction.empty()) {
    if (fraction[0] != '.') return BadQuantity();
    fraction.remove_prefix(1);
  }
  // 18 digits hold every value that fits; more digits of a fraction cannot matter to a whole size.
  if (whole.size() > 19 || fraction.size() > 18 || whole.size() + fraction.size() == 0 ||
      LeadingDigits(fraction) != fraction.size()) {
    return BadQuantity();
  }
  Wide number = 0;
  for (const char digit : whole) number = number * 10 + static_cast<Wide>(digit - '0');
  number *= factor;
  Wide part = 0, scale = 1;
  for (const char digit : fraction) {
    part = part * 10 + static_cast<Wide>(digit - '0');
    scale *= 10;
  }
  part *= factor;
  if (part % scale != 0) return BadQuantity();
  number += part / scale;
  if (number > static_cast<Wide>(std::numeric_limits<int64_t>::max())) return BadQuantity();
  return static_cast<int64_t>(number);
}

std::string WriteQuantity(int64_t value) {
  for (const Suffix& suffix : kBinary) {
    const int64_t factor = static_cast<int64_t>(suffix.factor);
    if (value > 0 && value % factor == 0) return absl::StrCat(value / factor, suffix.name);
  }
  return absl::StrCat(value);
}

absl::StatusOr<google::protobuf::Timestamp> ParseTimestamp(std::string_view text) {
  absl::Time time;
  std::string error;
  // absl also takes "infinite-future" and leading spaces.
  if (text.empty() || !absl::ascii_isdigit(text[0]) ||
      !absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError("must be a time such as \"2024-05-01T12:00:00Z\".");
  }
  google::protobuf::Timestamp proto;
  proto.set_seconds(absl::ToUnixSeconds(time));
  const absl::Duration rest = time - absl::FromUnixSeconds(proto.seconds());
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

std::string WriteTimestamp(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ",
                          absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()),
                          absl::UTCTimeZone());
}

}  // namespace sluice::manifest
