// SPDX-License-Identifier: Apache-2.0
#include "controlplane/main/flags.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::control {
namespace {

absl::StatusOr<CommandLine> Parse(const std::vector<std::string>& words) {
  return ParseCommandLine(words);
}

TEST(FlagsTest, TakesAValueAfterASpaceOrAnEqualsSign) {
  const auto line = Parse({"--data-dir", "/x", "--registry=dir:/y=z", "--rest-listen="});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->control.data_dir, "/x");
  EXPECT_EQ(line->control.registry, "dir:/y=z");
  EXPECT_EQ(line->control.rest_listen, "");
  EXPECT_EQ(line->control.xds_listen, "127.0.0.1:15010");
}

TEST(FlagsTest, SaysWhatIsWrongInOneLine) {
  EXPECT_EQ(Parse({"--data-dri", "x"}).status().message(),
            "unknown flag --data-dri; did you mean --data-dir?");
  EXPECT_EQ(Parse({"--data-dir"}).status().message(), "--data-dir needs a value: DIR");
  EXPECT_EQ(Parse({"x"}).status().message(), "\"x\" is no flag");
  EXPECT_EQ(Parse({"--log-level=loud"}).status().message(),
            "--log-level: loud: must be info, warning or error");
}

}  // namespace
}  // namespace sluice::control
