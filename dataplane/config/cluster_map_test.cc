// SPDX-License-Identifier: Apache-2.0
#include "dataplane/config/cluster_map.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::config {
namespace {

ClusterEntry Entry(std::string name) {
  auto cluster = std::make_shared<Cluster>();
  cluster->name = std::move(name);
  return {.cluster = std::move(cluster), .endpoints = std::make_shared<EndpointSet>()};
}

// "+a" came, "-a" went, "~a" is another.
std::map<std::string, char> Differences(const ClusterMap& before, const ClusterMap& after) {
  std::map<std::string, char> out;
  ClusterMap::ForEachDifference(
      before, after, [&](const std::string& name, const ClusterEntry* b, const ClusterEntry* a) {
        EXPECT_TRUE(out.emplace(name, b == nullptr ? '+' : a == nullptr ? '-' : '~').second);
        EXPECT_EQ(b, before.Find(name));
        EXPECT_EQ(a, after.Find(name));
      });
  return out;
}

TEST(ClusterMapTest, FindsWhatWasSetAndNotWhatWasErased) {
  ClusterMap map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.Find("a"), nullptr);
  map.Set("a", Entry("a"));
  map.Set("b", Entry("b"));
  map.Set("b", Entry("b2"));
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.Find("b")->cluster->name, "b2");
  map.Erase("a");
  map.Erase("never");
  EXPECT_EQ(map.size(), 1u);
  EXPECT_FALSE(map.contains("a"));
}

TEST(ClusterMapTest, ACopyStaysAsItWas) {
  ClusterMap map;
  map.Set("a", Entry("a"));
  map.Set("b", Entry("b"));
  const ClusterMap copy = map;
  map.Set("a", Entry("other"));
  map.Erase("b");
  EXPECT_EQ(copy.Find("a")->cluster->name, "a");
  EXPECT_TRUE(copy.contains("b"));
  EXPECT_EQ(copy.size(), 2u);
}

TEST(ClusterMapTest, ManyChangesAreOne) {
  std::vector<ClusterMap::Change> changes;
  for (int i = 0; i < 2000; ++i) changes.push_back({std::to_string(i), Entry(std::to_string(i))});
  ClusterMap map;
  map.Apply(std::move(changes));
  EXPECT_EQ(map.size(), 2000u);
  changes.clear();
  for (int i = 0; i < 1000; ++i) changes.push_back({std::to_string(i), {}});
  map.Apply(std::move(changes));
  EXPECT_EQ(map.size(), 1000u);
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(map.contains(std::to_string(i)), i >= 1000) << i;
}

TEST(ClusterMapTest, DifferencesAreWhatCameWentAndChanged) {
  ClusterMap before;
  for (int i = 0; i < 1000; ++i) before.Set(std::to_string(i), Entry(std::to_string(i)));
  ClusterMap after = before;
  EXPECT_TRUE(Differences(before, after).empty());
  after.Erase("17");
  after.Set("new", Entry("new"));
  ClusterEntry moved = *after.Find("500");
  moved.endpoints = std::make_shared<EndpointSet>();
  after.Set("500", moved);
  after.Set("3", *before.Find("3"));  // Set to what it is.
  const std::map<std::string, char> expected = {{"17", '-'}, {"new", '+'}, {"500", '~'}};
  EXPECT_EQ(Differences(before, after), expected);
  EXPECT_EQ(Differences({}, before).size(), 1000u);
  EXPECT_EQ(Differences(before, {}).size(), 1000u);
}

}  // namespace
}  // namespace sluice::config
