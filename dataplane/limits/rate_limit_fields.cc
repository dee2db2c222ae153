// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/rate_limit_fields.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::limits {
namespace {

constexpr size_t kMaxName = 256;
constexpr int64_t kSecond = 1'000'000'000;

}  // namespace

bool IsLimitName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string QuotedLimitName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

int64_t WholeSeconds(int64_t ns) {
  if (ns <= 0) return 0;
  return ns / kSecond + (ns % kSecond > 0 ? 1 : 0);
}

std::string QuotaPolicyItem(std::string_view quoted_name, uint64_t units, int64_t window_ns) {
  return absl::StrCat(quoted_name, ";q=", units, ";w=", WholeSeconds(window_ns));
}

std::string_view ServiceLimitItem(std::string_view quoted_name, uint64_t remaining,
                                  int64_t next_unit_ns, base::Arena& arena) {
  const absl::AlphaNum r(remaining);
  if (next_unit_ns <= 0) return arena.Concat(quoted_name, ";r=", r.Piece());
  const absl::AlphaNum t(WholeSeconds(next_unit_ns));
  return arena.Concat(quoted_name, ";r=", r.Piece(), ";t=", t.Piece());
}

}  // namespace sluice::limits
