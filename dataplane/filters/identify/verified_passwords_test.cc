// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/verified_passwords.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::filters {
namespace {

TEST(VerifiedPasswordsTest, KnowsWhatItWasTold) {
  VerifiedPasswords passwords;
  EXPECT_FALSE(passwords.Contains("h", "p"));
  passwords.Insert("h", "p");
  EXPECT_TRUE(passwords.Contains("h", "p"));
  EXPECT_FALSE(passwords.Contains("h", "q"));
  EXPECT_FALSE(passwords.Contains("i", "p")) << "of a password that was changed";
  EXPECT_FALSE(passwords.Contains("hp", ""));
}

TEST(VerifiedPasswordsTest, ForgetsTheOldestWhenItIsFull) {
  VerifiedPasswords passwords;
  for (size_t i = 0; i <= VerifiedPasswords::kMaxEntries; ++i) {
    passwords.Insert("h", std::to_string(i));
    passwords.Insert("h", std::to_string(i));
  }
  EXPECT_FALSE(passwords.Contains("h", "0"));
  EXPECT_TRUE(passwords.Contains("h", "1"));
  EXPECT_TRUE(passwords.Contains("h", std::to_string(VerifiedPasswords::kMaxEntries)));
}

}  // namespace
}  // namespace sluice::filters
