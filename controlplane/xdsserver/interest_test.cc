// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/interest.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::xdsserver {
namespace {

using Names = std::vector<std::string>;

// xDS P5: a root type that was never named means everything, until the first name.
TEST(InterestTest, StateOfTheWorldLegacyWildcardEndsWithTheFirstName) {
  Interest interest(/*legacy_wildcard=*/true);
  EXPECT_TRUE(interest.Replace({}).everything_began);
  EXPECT_TRUE(interest.Covers("anything"));
  EXPECT_EQ(interest.Replace(Names{"a"}).answer, Names{"a"});
  EXPECT_FALSE(interest.Covers("anything"));
  EXPECT_FALSE(interest.Replace({}).everything_began);
  EXPECT_FALSE(interest.Covers("a"));
}

TEST(InterestTest, OtherTypesHaveNoLegacyWildcard) {
  Interest sotw(/*legacy_wildcard=*/false);
  EXPECT_FALSE(sotw.Replace({}).everything_began);
  Interest delta(/*legacy_wildcard=*/false);
  EXPECT_FALSE(delta.Apply({}, {}, /*is_first=*/true).everything_began);
}

TEST(InterestTest, ExplicitWildcardWorksBesideNames) {
  Interest interest(/*legacy_wildcard=*/false);
  EXPECT_TRUE(interest.Replace(Names{"*", "a"}).everything_began);
  EXPECT_TRUE(interest.Covers("b"));
  EXPECT_FALSE(interest.Names("b"));
  interest.Replace(Names{"a"});
  EXPECT_FALSE(interest.Covers("b"));
}

TEST(InterestTest, DeltaWildcardStaysUntilItIsUnsubscribed) {
  Interest interest(/*legacy_wildcard=*/true);
  EXPECT_TRUE(interest.Apply({}, {}, /*is_first=*/true).everything_began);
  interest.Apply(Names{"a"}, {}, /*is_first=*/false);
  EXPECT_TRUE(interest.Covers("b"));
  interest.Apply({}, Names{"*"}, /*is_first=*/false);
  EXPECT_FALSE(interest.Covers("b"));
  EXPECT_TRUE(interest.Covers("a"));
}

TEST(InterestTest, DeltaNamesNothingLaterThanFirstMeansNothing) {
  Interest interest(/*legacy_wildcard=*/true);
  interest.Apply(Names{"a"}, {}, /*is_first=*/true);
  EXPECT_FALSE(interest.Apply({}, {}, /*is_first=*/false).everything_began);
  EXPECT_FALSE(interest.Covers("b"));
}

// xDS P7.
TEST(InterestTest, DeltaResubscribedAndStillCoveredNamesAreAnswered) {
  Interest interest(/*legacy_wildcard=*/true);
  interest.Apply(Names{"*", "a"}, {}, /*is_first=*/true);
  EXPECT_EQ(interest.Apply(Names{"a"}, {}, false).answer, Names{"a"});
  EXPECT_EQ(interest.Apply({}, Names{"a"}, false).answer, Names{"a"});
  interest.Apply({}, Names{"*"}, false);
  interest.Apply(Names{"a"}, {}, false);
  EXPECT_TRUE(interest.Apply({}, Names{"a"}, false).answer.empty());
}

}  // namespace
}  // namespace sluice::xdsserver
