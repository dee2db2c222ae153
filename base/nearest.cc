// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sluice::base {
namespace {

// Bounds the work that one misspelt name can ask for.
constexpr size_t kMaxLength = 64;

constexpr size_t kMinPart = 4;

using Row = std::array<size_t, kMaxLength + 1>;

// Optimal string alignment distance, case ignored.
size_t Distance(std::string_view a, std::string_view b) {
  Row before_last{}, last{}, row{};
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const auto same = [&](size_t x, size_t y) {
        return absl::ascii_tolower(a[x]) == absl::ascii_tolower(b[y]);
      };
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(i - 1, j - 1) ? 0 : 1)});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

// True if one is the beginning or the end of the other: "match" for "matches", "Prefix" for
// "PathPrefix".
bool IsPartOf(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  return a.size() >= kMinPart &&
         (absl::StartsWithIgnoreCase(b, a) || absl::EndsWithIgnoreCase(b, a));
}

}  // namespace

std::string_view NearestName(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.empty() || name.size() > kMaxLength) return {};
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  std::string_view best;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kMaxLength) continue;
    const size_t distance = Distance(name, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  if (!best.empty()) return best;
  const auto part = std::find_if(candidates.begin(), candidates.end(),
                                 [name](std::string_view c) { return IsPartOf(name, c); });
  return part == candidates.end() ? std::string_view() : *part;
}

}  // namespace sluice::base
