// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/content_hash.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::xdsserver {
namespace {

// The vector of the SipHash paper, appendix A: key 00..0f, input 00..0e.
TEST(ContentHashTest, MatchesThePublishedVector) {
  std::string input;
  for (char c = 0; c < 15; ++c) input.push_back(c);
  EXPECT_EQ(KeyedHash(0x0706050403020100, 0x0f0e0d0c0b0a0908, input), 0xa129ca6149be45e5u);
}

TEST(ContentHashTest, VersionTextReadsBack) {
  const uint64_t hash = ContentHash("a cluster");
  EXPECT_EQ(VersionText(hash).size(), 16u);
  EXPECT_EQ(VersionFromText(VersionText(hash)), hash);
  EXPECT_EQ(VersionText(0x00000000000000ff), "00000000000000ff");
}

TEST(ContentHashTest, AnotherServersVersionIsNobodys) {
  EXPECT_EQ(VersionFromText("2026-01-01T00:00:00Z/17"), 0u);
  EXPECT_EQ(VersionFromText("17"), 0u);
  EXPECT_EQ(VersionFromText("00000000000000FF"), 0u);
  EXPECT_EQ(VersionFromText(""), 0u);
}

}  // namespace
}  // namespace sluice::xdsserver
