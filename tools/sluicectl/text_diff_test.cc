// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/text_diff.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::sluicectl {
namespace {

TEST(DiffLinesTest, EqualTextsDifferInNothing) {
  EXPECT_EQ(DiffLines("", ""), "");
  EXPECT_EQ(DiffLines("a\nb\n", "a\nb\n"), "");
}

TEST(DiffLinesTest, ShowsThreeLinesAroundAChange) {
  EXPECT_EQ(DiffLines("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
            "  ...\n"
            "  2\n"
            "  3\n"
            "  4\n"
            "- 5\n"
            "+ five\n"
            "  6\n"
            "  7\n"
            "  8\n");
}

TEST(DiffLinesTest, FindsALineThatWasPutBetween) {
  EXPECT_EQ(DiffLines("a\nb\n", "a\nx\nb\n"), "  a\n+ x\n  b\n");
  EXPECT_EQ(DiffLines("a\nx\nb\n", "a\nb\n"), "  a\n- x\n  b\n");
}

TEST(DiffLinesTest, AllOfANewTextComes) { EXPECT_EQ(DiffLines("", "a\nb\n"), "+ a\n+ b\n"); }

TEST(DiffLinesTest, TextsTooLongToCompareAreShownWhole) {
  std::string before, after;
  for (int i = 0; i < 5000; ++i) {
    absl::StrAppend(&before, "b", i, "\n");
    absl::StrAppend(&after, "a", i, "\n");
  }
  const std::string diff = DiffLines(before, after);
  EXPECT_NE(diff.find("- b4999\n+ a0\n"), std::string::npos);
}

}  // namespace
}  // namespace sluice::sluicectl
