// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/command_line.h"

#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::sluicectl {
namespace {

const VerbSpec kVerb = {.name = "try",
                        .arguments = "KIND",
                        .summary = "tries",
                        .example = "  sluicectl try a",
                        .flags = {{"filename", 'f', "FILE", "a file"}, {"wait", 'w', "", "wait"}},
                        .min_arguments = 1,
                        .max_arguments = 2};

absl::StatusOr<Invocation> Parse(const std::vector<std::string>& words) {
  return ParseInvocation(kVerb, words);
}

TEST(CommandLineTest, TakesLongAndShortFlagsInEachForm) {
  const auto read = Parse({"a", "-f", "1", "-f2", "--filename", "3", "--filename=4", "-w"});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->All("filename"), (std::vector<std::string>{"1", "2", "3", "4"}));
  EXPECT_EQ(read->Get("filename"), "4");
  EXPECT_TRUE(read->Has("wait"));
  EXPECT_EQ(read->arguments(), std::vector<std::string>{"a"});
}

TEST(CommandLineTest, ADashIsAnArgumentAndTwoEndTheFlags) {
  const auto read = Parse({"-", "--", "-f"});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->arguments(), (std::vector<std::string>{"-", "-f"}));
}

TEST(CommandLineTest, SaysWhatIsWrong) {
  EXPECT_EQ(Parse({"a", "--filname=x"}).status().message(),
            "unknown flag --filname; did you mean --filename?");
  EXPECT_EQ(Parse({"a", "-f"}).status().message(), "--filename needs a value: FILE");
  EXPECT_EQ(Parse({"a", "--wait=yes"}).status().message(), "--wait takes no value");
  EXPECT_EQ(Parse({}).status().message(), "try needs KIND");
  EXPECT_EQ(Parse({"a", "b", "c"}).status().message(), "\"c\" is one too many");
}

TEST(CommandLineTest, HelpAsksForNoArguments) { EXPECT_TRUE(Parse({"--help"}).ok()); }

TEST(CommandLineTest, EveryVerbAndFlagIsInTheCompletion) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    std::ostringstream out;
    ASSERT_TRUE(PrintCompletion({&kVerb, 1}, shell, out));
    EXPECT_NE(out.str().find("try"), std::string::npos) << shell;
    EXPECT_NE(out.str().find("filename"), std::string::npos) << shell;
    EXPECT_NE(out.str().find("token-file"), std::string::npos) << shell;
  }
  std::ostringstream out;
  EXPECT_FALSE(PrintCompletion({&kVerb, 1}, "csh", out));
}

}  // namespace
}  // namespace sluice::sluicectl
