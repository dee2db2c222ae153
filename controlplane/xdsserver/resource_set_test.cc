// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/resource_set.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "controlplane/xdsserver/type_urls.h"
#include "gtest/gtest.h"

namespace sluice::xdsserver {
namespace {

std::vector<std::string> DiffNames(const ResourceMap& from, const ResourceMap& to) {
  std::vector<std::string> names;
  ResourceMap::Diff(from, to, [&](const ResourcePtr* before, const ResourcePtr* after) {
    names.push_back(before == nullptr  ? "+" + (*after)->name
                    : after == nullptr ? "-" + (*before)->name
                                       : "~" + (*after)->name);
  });
  std::sort(names.begin(), names.end());
  return names;
}

// Aim: the trie behaves as a map, whatever the order of changes, across leaf and branch shapes.
// Method: random puts and removals beside a std::map, both compared after each hundred.
TEST(ResourceMapTest, AgreesWithAnOrdinaryMap) {
  std::mt19937 random(17);
  std::map<std::string, std::string> model;
  ResourceMap map;
  for (int step = 0; step < 4000; ++step) {
    // Grow at first, shrink later, so that branches fold back into leaves.
    const std::string name = "r" + std::to_string(random() % 400);
    if (random() % 100 < (step < 2000 ? 70u : 25u)) {
      const std::string value = std::to_string(random() % 5);
      model[name] = value;
      map = map.With(MakeResource(name, value));
    } else {
      model.erase(name);
      map = map.Without(name);
    }
    if (step % 100 != 0) continue;
    ASSERT_EQ(map.size(), model.size());
    ResourceMap again;  // the same content in another order of arrival
    for (const auto& [key, value] : model) {
      ASSERT_NE(map.Find(key), nullptr);
      ASSERT_EQ(*(*map.Find(key))->value, value);
      again = again.With(MakeResource(key, value));
    }
    ASSERT_EQ(map.fingerprint(), again.fingerprint());
    ASSERT_TRUE(DiffNames(map, again).empty());
  }
  EXPECT_EQ(map.Find("absent"), nullptr);
}

TEST(ResourceMapTest, DiffNamesExactlyWhatDiffers) {
  ResourceMap from;
  for (int i = 0; i < 100; ++i) from = from.With(MakeResource("n" + std::to_string(i), "v"));
  const ResourceMap to =
      from.With(MakeResource("n7", "w")).Without("n8").With(MakeResource("new", "v"));
  EXPECT_EQ(DiffNames(from, to), (std::vector<std::string>{"+new", "-n8", "~n7"}));
  EXPECT_EQ(DiffNames(ResourceMap(), ResourceMap().With(MakeResource("a", ""))),
            (std::vector<std::string>{"+a"}));
  // A leaf against a branch, both ways.
  const ResourceMap small = ResourceMap().With(MakeResource("n1", "v"));
  EXPECT_EQ(DiffNames(from, small).size(), 99u);
  EXPECT_EQ(DiffNames(small, from).size(), 99u);
}

TEST(ResourceSetTest, VersionFollowsContentAlone) {
  const ResourceSet a =
      ResourceSet::Builder().Put(kClusterType, "x", "1").Put(kRouteType, "r", "2").Build();
  const ResourceSet b =
      ResourceSet::Builder().Put(kRouteType, "r", "2").Put(kClusterType, "x", "1").Build();
  EXPECT_EQ(a.Version(), b.Version());
  const ResourceSet c = ResourceSet::Builder(a).Put(kClusterType, "x", "2").Build();
  EXPECT_NE(a.Version(), c.Version());
  const ResourceSet d =
      ResourceSet::Builder(c).Put(kClusterType, "x", "1").Remove(kSecretType, "s").Build();
  EXPECT_EQ(a.Version(), d.Version());
}

TEST(ResourceSetTest, TwoVersionsSwappedBetweenNamesAreAnotherSet) {
  const ResourceSet a =
      ResourceSet::Builder().Put(kClusterType, "x", "1").Put(kClusterType, "y", "2").Build();
  const ResourceSet b =
      ResourceSet::Builder().Put(kClusterType, "x", "2").Put(kClusterType, "y", "1").Build();
  EXPECT_NE(a.Version(), b.Version());
}

TEST(ResourceSetTest, WhatStaysTheSameStaysShared) {
  const ResourceSet a = ResourceSet::Builder().Put(kClusterType, "x", "1").Build();
  const ResourceSet b =
      ResourceSet::Builder(a).Put(kClusterType, "x", "1").Put(kRouteType, "r", "2").Build();
  EXPECT_TRUE(a.OfType(kClusterType).IsSame(b.OfType(kClusterType)));
  EXPECT_EQ(b.size(), 2u);
}

TEST(ResourceSetTest, RetainIfDropsTheRest) {
  ResourceSet::Builder builder;
  for (int i = 0; i < 40; ++i) builder.Put(kClusterType, "c" + std::to_string(i), "v");
  const ResourceSet set =
      builder.RetainIf(kClusterType, [](std::string_view name) { return name == "c3"; }).Build();
  EXPECT_EQ(set.size(), 1u);
  EXPECT_NE(set.OfType(kClusterType).Find("c3"), nullptr);
  EXPECT_TRUE(set.OfType(kRouteType).empty());
}

}  // namespace
}  // namespace sluice::xdsserver
