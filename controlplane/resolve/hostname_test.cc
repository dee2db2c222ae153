// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/hostname.h"

#include "gtest/gtest.h"

namespace sluice::resolve {
namespace {

TEST(HostnameTest, WildcardCoversOneOrMoreLabelsButNotNone) {
  EXPECT_TRUE(Covers("*.example", "a.example"));
  EXPECT_TRUE(Covers("*.example", "a.b.example"));
  EXPECT_TRUE(Covers("*.example", "*.b.example"));
  EXPECT_FALSE(Covers("*.example", "example"));
  EXPECT_FALSE(Covers("*.example", "aexample"));
}

TEST(HostnameTest, EmptyCoversAll) {
  EXPECT_TRUE(Covers("", "a.example"));
  EXPECT_FALSE(Covers("a.example", ""));
}

TEST(HostnameTest, IntersectionIsTheNarrowerOfTheTwo) {
  EXPECT_EQ(Intersect("*.example", "a.example"), "a.example");
  EXPECT_EQ(Intersect("a.example", "*.example"), "a.example");
  EXPECT_EQ(Intersect("", "*.example"), "*.example");
  EXPECT_EQ(Intersect("a.example", "b.example"), std::nullopt);
  EXPECT_EQ(Intersect("*.a.example", "*.b.example"), std::nullopt);
}

}  // namespace
}  // namespace sluice::resolve
