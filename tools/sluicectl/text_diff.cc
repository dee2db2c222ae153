// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/text_diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sluice::sluicectl {
namespace {

constexpr size_t kMaxLines = 4'000;
constexpr size_t kContext = 3;

struct Line {
  char mark = ' ';
  std::string_view text;
};

using Lines = std::vector<std::string_view>;

Lines SplitLines(std::string_view text) {
  if (text.empty()) return {};
  return absl::StrSplit(absl::StripSuffix(text, "\n"), '\n');
}

// The longest common subsequence, by the table that every textbook has.
void DiffMiddle(const Lines& a, const Lines& b, std::vector<Line>& out) {
  if (a.size() > kMaxLines || b.size() > kMaxLines) {
    for (const std::string_view line : a) out.push_back({'-', line});
    for (const std::string_view line : b) out.push_back({'+', line});
    return;
  }
  const size_t width = b.size() + 1;
  std::vector<uint16_t> common((a.size() + 1) * width, 0);
  for (size_t i = a.size(); i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;) {
      common[i * width + j] =
          a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                       : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back({' ', a[i++]});
      ++j;
    } else if (j == b.size() ||
               (i < a.size() && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      out.push_back({'-', a[i++]});
    } else {
      out.push_back({'+', b[j++]});
    }
  }
}

std::string Show(const std::vector<Line>& lines) {
  std::vector<bool> is_shown(lines.size(), false);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].mark == ' ') continue;
    const size_t end = std::min(lines.size(), i + kContext + 1);
    for (size_t j = i < kContext ? 0 : i - kContext; j < end; ++j) is_shown[j] = true;
  }
  std::string out;
  bool is_gap = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!is_shown[i]) {
      is_gap = true;
      continue;
    }
    if (is_gap) absl::StrAppend(&out, "  ...\n");
    is_gap = false;
    absl::StrAppend(&out, std::string(1, lines[i].mark), " ", lines[i].text, "\n");
  }
  return out;
}

}  // namespace

std::string DiffLines(std::string_view before, std::string_view after) {
  Lines a = SplitLines(before);
  Lines b = SplitLines(after);
  std::vector<Line> lines;
  size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) {
    lines.push_back({' ', a[head++]});
  }
  size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head &&
         a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
    ++tail;
  }
  DiffMiddle(Lines(a.begin() + head, a.end() - tail), Lines(b.begin() + head, b.end() - tail),
             lines);
  for (size_t i = a.size() - tail; i < a.size(); ++i) lines.push_back({' ', a[i]});
  return Show(lines);
}

}  // namespace sluice::sluicectl
