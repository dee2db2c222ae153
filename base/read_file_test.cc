// SPDX-License-Identifier: Apache-2.0
#include "base/read_file.h"

#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace sluice::base {
namespace {

TEST(ReadFileTest, ReadsAllOfAFileUpToItsBound) {
  const std::string path = testing::TempDir() + "/read_file";
  const std::string text(200'000, 'x');
  std::ofstream(path) << text;
  const auto all = ReadFile(path, text.size());
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(*all, text);
  const absl::Status larger = ReadFile(path, text.size() - 1).status();
  EXPECT_EQ(larger.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(larger.message().find(path), std::string::npos) << larger;
}

TEST(ReadFileTest, WhatHasNoEndIsNotReadToIt) {
  EXPECT_EQ(ReadFile("/dev/zero", 1'000'000).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ReadFileTest, WhatIsNoFileIsAnErrorThatNamesIt) {
  const absl::Status missing = ReadFile("/no/such", 1).status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_NE(missing.message().find("/no/such"), std::string::npos) << missing;
  EXPECT_FALSE(ReadFile(testing::TempDir(), 1'000'000).ok()) << "a folder";
}

}  // namespace
}  // namespace sluice::base
