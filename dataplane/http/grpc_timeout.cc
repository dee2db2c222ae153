// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/grpc_timeout.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dataplane/http/syntax.h"

namespace sluice::http {

int64_t ParseGrpcTimeoutMs(std::string_view value) {
  constexpr int64_t kYearMs = 365LL * 24 * 3600 * 1000;
  if (value.size() < 2 || value.size() > 9) return -1;
  uint64_t amount = 0;
  if (!ParseDecimal(value.substr(0, value.size() - 1), amount)) return -1;
  const int64_t n = static_cast<int64_t>(amount);
  switch (value.back()) {
    case 'H':
      return std::min(n * 3'600'000, kYearMs);
    case 'M':
      return std::min(n * 60'000, kYearMs);
    case 'S':
      return std::min(n * 1000, kYearMs);
    case 'm':
      return n;
    case 'u':
      return (n + 999) / 1000;
    case 'n':
      return (n + 999'999) / 1'000'000;
    default:
      return -1;
  }
}

std::string FormatGrpcTimeoutMs(int64_t ms) {
  constexpr int64_t kMost = 99'999'999;  // Eight digits.
  if (ms <= kMost) return absl::StrCat(ms, "m");
  return absl::StrCat(std::min(ms / 1000, kMost), "S");
}

}  // namespace sluice::http
