// SPDX-License-Identifier: Apache-2.0
#include "dataplane/main/flag_line.h"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "gtest/gtest.h"

ABSL_FLAG(std::string, c, "", "a file");
ABSL_FLAG(std::string, node_id, "", "a name");
ABSL_FLAG(uint32_t, concurrency, 0, "a number");
ABSL_FLAG(bool, be_strict, false, "a switch");
ABSL_FLAG(std::string, log_level, "info", "a word");

namespace sluice {
namespace {

constexpr char kHere[] = "dataplane/main/flag_line_test.cc";

absl::Status Parse(const std::vector<std::string>& words) { return ParseFlagLine(kHere, words); }

TEST(FlagLineTest, DashesAndUnderscoresAreTheSame) {
  absl::FlagSaver saver;
  ASSERT_TRUE(Parse({"--node-id=a_b-c"}).ok());
  EXPECT_EQ(absl::GetFlag(FLAGS_node_id), "a_b-c");
  ASSERT_TRUE(Parse({"--node_id", "-d"}).ok());
  EXPECT_EQ(absl::GetFlag(FLAGS_node_id), "-d");
}

TEST(FlagLineTest, AValueIsTheNextWordAndASwitchNeedsNone) {
  absl::FlagSaver saver;
  ASSERT_TRUE(Parse({"-c", "x.yaml", "--be-strict", "--concurrency", "3"}).ok());
  EXPECT_EQ(absl::GetFlag(FLAGS_c), "x.yaml");
  EXPECT_TRUE(absl::GetFlag(FLAGS_be_strict));
  EXPECT_EQ(absl::GetFlag(FLAGS_concurrency), 3u);
}

TEST(FlagLineTest, AMistakeIsToldAsItWasTyped) {
  absl::FlagSaver saver;
  EXPECT_EQ(Parse({"--nod-id", "x"}).message(),
            "there is no flag --nod-id; did you mean --node-id?");
  EXPECT_EQ(Parse({"--node-id"}).message(), "--node-id wants a value");
  EXPECT_EQ(Parse({"--concurrency", "many"}).message(), "--concurrency cannot be \"many\"");
  EXPECT_EQ(Parse({"stray"}).message(), "\"stray\" is no flag");
  EXPECT_FALSE(Parse({"-=x"}).ok());
  EXPECT_FALSE(Parse({"--=x"}).ok());
}

TEST(FlagLineTest, FlagsOfOtherFilesAreNotKnown) {
  // Abseil's own, which would be taken and do nothing.
  EXPECT_FALSE(Parse({"--flagfile", "x"}).ok());
}

TEST(FlagLineTest, EachFlagHasALineWithItsPreset) {
  std::ostringstream out;
  PrintFlagLines(kHere, out);
  EXPECT_NE(out.str().find("--node-id VALUE"), std::string::npos);
  EXPECT_NE(out.str().find("a word (info)"), std::string::npos);
  EXPECT_NE(out.str().find("  -c VALUE"), std::string::npos);
  EXPECT_EQ(out.str().find("flagfile"), std::string::npos);
}

}  // namespace
}  // namespace sluice
