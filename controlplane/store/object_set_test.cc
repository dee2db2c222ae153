// SPDX-License-Identifier: Apache-2.0
#include "controlplane/store/object_set.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "k8s/config_map.pb.h"
#include "k8s/namespace.pb.h"

namespace sluice::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename T>
StoredObject Object(std::string ns, std::string name, registry::Revision revision = 1) {
  auto body = std::make_shared<T>();
  body->mutable_metadata()->set_name(name);
  auto object = std::make_shared<manifest::Object>();
  object->key = {std::string(KindOf<T>()), std::move(ns), std::move(name)};
  object->body = std::move(body);
  return {std::move(object), revision};
}

TEST(ObjectSetTest, FindsByTypeAndName) {
  ObjectSetBuilder builder;
  builder.Put(Object<k8s::ConfigMap>("shop", "a"));
  builder.Put(Object<k8s::Namespace>("", "shop"));
  const auto set = std::move(builder).Build();
  ASSERT_NE(set->Find<k8s::ConfigMap>("shop", "a"), nullptr);
  EXPECT_EQ(set->Find<k8s::ConfigMap>("shop", "a")->metadata().name(), "a");
  EXPECT_EQ(set->Find<k8s::ConfigMap>("", "shop"), nullptr);
  ASSERT_NE(set->Find<k8s::Namespace>("", "shop"), nullptr);
  EXPECT_NE(set->Find(manifest::ObjectKey{"ConfigMap", "shop", "a"}), nullptr);
  EXPECT_EQ(set->Find(manifest::ObjectKey{"NoSuchKind", "shop", "a"}), nullptr);
  EXPECT_EQ(set->size(), 2u);
  EXPECT_THAT(set->Kinds(), ElementsAre("ConfigMap", "Namespace"));
}

TEST(ObjectSetTest, AllComesInKeyOrder) {
  ObjectSetBuilder builder;
  builder.Put(Object<k8s::ConfigMap>("b", "a"));
  builder.Put(Object<k8s::ConfigMap>("a", "z"));
  builder.Put(Object<k8s::ConfigMap>("a", "b"));
  const auto set = std::move(builder).Build();
  std::vector<std::string> seen;
  for (const auto& [object, body] : set->All<k8s::ConfigMap>()) {
    EXPECT_EQ(object.key.name, body.metadata().name());
    seen.push_back(object.key.ToString());
  }
  EXPECT_THAT(seen, ElementsAre("ConfigMap a/b", "ConfigMap a/z", "ConfigMap b/a"));
  EXPECT_EQ(set->All<k8s::Namespace>().size(), 0u);
}

TEST(ObjectSetTest, LastWordOnAKeyCounts) {
  ObjectSetBuilder builder;
  builder.Put(Object<k8s::ConfigMap>("shop", "a", 1));
  builder.Put(Object<k8s::ConfigMap>("shop", "a", 2));
  builder.Put(Object<k8s::ConfigMap>("shop", "b"));
  builder.Delete({"ConfigMap", "shop", "b"});
  const auto set = std::move(builder).Build();
  EXPECT_EQ(set->size(), 1u);
  EXPECT_EQ(set->Find(manifest::ObjectKey{"ConfigMap", "shop", "a"})->revision, 2);
}

TEST(ObjectSetTest, DiffNamesWhatDiffers) {
  ObjectSetBuilder first;
  first.Put(Object<k8s::ConfigMap>("shop", "same"));
  first.Put(Object<k8s::ConfigMap>("shop", "old"));
  first.Put(Object<k8s::Namespace>("", "gone"));
  const auto before = std::move(first).Build();
  ObjectSetBuilder second(*before);
  second.Put(Object<k8s::ConfigMap>("shop", "old", 2));
  second.Put(Object<k8s::ConfigMap>("shop", "new", 2));
  second.Delete({"Namespace", "", "gone"});
  second.SetRevision(2);
  const auto after = std::move(second).Build();
  const Delta delta = DiffOf(*before, *after);
  EXPECT_THAT(delta.changed, ElementsAre(manifest::ObjectKey{"ConfigMap", "shop", "new"},
                                         manifest::ObjectKey{"ConfigMap", "shop", "old"}));
  EXPECT_THAT(delta.removed, ElementsAre(manifest::ObjectKey{"Namespace", "", "gone"}));
  EXPECT_FALSE(delta.problems_changed);
  EXPECT_THAT(after->Kinds(), ElementsAre("ConfigMap"));
  EXPECT_EQ(before->size(), 3u);
}

TEST(ObjectSetTest, DiffTellsNewProblems) {
  const auto before = ObjectSetBuilder().Build();
  ObjectSetBuilder builder(*before);
  Problems problems;
  problems.by_source["a.yaml"].emplace_back().reason = "It is broken.";
  builder.SetProblems(problems);
  const auto after = std::move(builder).Build();
  EXPECT_TRUE(DiffOf(*before, *after).problems_changed);
  EXPECT_FALSE(DiffOf(*after, *std::move(ObjectSetBuilder(*after)).Build()).problems_changed);
  EXPECT_THAT(DiffOf(*before, *after).changed, IsEmpty());
}

}  // namespace
}  // namespace sluice::store
