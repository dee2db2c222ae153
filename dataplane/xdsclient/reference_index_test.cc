// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/reference_index.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

using Names = std::set<std::string>;

Names Users(const ReferenceIndex& index, std::string_view name) {
  const auto& users = index.UsersOf(name);
  return Names(users.begin(), users.end());
}

TEST(ReferenceIndexTest, KnowsWhoNamesWhat) {
  ReferenceIndex index;
  index.Set("l1", {"r", "s", "r"});
  index.Set("l2", {"r"});
  EXPECT_EQ(Users(index, "r"), (Names{"l1", "l2"}));
  EXPECT_EQ(Users(index, "s"), Names{"l1"});
  EXPECT_TRUE(Users(index, "t").empty());
  EXPECT_EQ(index.NamesForTest(), (Names{"r", "s"}));
}

TEST(ReferenceIndexTest, AUserNamesOnlyWhatItLastSaid) {
  ReferenceIndex index;
  index.Set("l1", {"r", "s"});
  index.Set("l1", {"s", "t"});
  EXPECT_FALSE(index.named("r"));
  EXPECT_EQ(Users(index, "s"), Names{"l1"});
  index.Set("l1", {});
  EXPECT_TRUE(index.NamesForTest().empty());
}

TEST(ReferenceIndexTest, TellsOfTheFirstAndTheLastUserAlone) {
  ReferenceIndex index;
  index.Set("l1", {"r"});
  index.Set("l2", {"r"});
  EXPECT_EQ(index.TakeChange().added, Names{"r"});
  index.Set("l1", {});
  EXPECT_TRUE(index.TakeChange().empty());
  index.Set("l2", {});
  const InterestChange change = index.TakeChange();
  EXPECT_EQ(change.removed, Names{"r"});
  EXPECT_TRUE(change.added.empty());
  EXPECT_TRUE(index.TakeChange().empty());
}

TEST(ReferenceIndexTest, WhatCameAndWentAgainIsNoChange) {
  ReferenceIndex index;
  index.Set("l1", {"r"});
  index.Set("l1", {});
  EXPECT_TRUE(index.TakeChange().empty());
  index.Set("l1", {"r"});
  index.TakeChange();
  index.Set("l1", {});
  index.Set("l2", {"r"});
  EXPECT_TRUE(index.TakeChange().empty());
}

}  // namespace
}  // namespace sluice::xdsclient
