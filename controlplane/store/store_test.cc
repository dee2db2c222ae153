// SPDX-License-Identifier: Apache-2.0
#include "controlplane/store/store.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "k8s/config_map.pb.h"

namespace sluice::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

manifest::ObjectKey Key(const std::string& name) { return {"ConfigMap", "shop", name}; }

registry::Change PutOf(const std::string& name, const std::string& field, int revision) {
  registry::Entry entry;
  entry.key = Key(name);
  entry.json =
      absl::StrCat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")", name,
                   R"(","namespace":"shop"},")", field, R"(":{"key":"value)", revision, R"("}})");
  entry.revision = revision;
  entry.origin = {"shop.yaml", 7};
  return registry::Put{std::move(entry)};
}

registry::Change Good(const std::string& name, int revision) {
  return PutOf(name, "data", revision);
}
registry::Change Bad(const std::string& name, int revision) {
  return PutOf(name, "datta", revision);
}

std::string ValueOf(const ObjectSet& set, const std::string& name) {
  const auto* map = set.Find<k8s::ConfigMap>("shop", name);
  return map == nullptr ? "" : map->data().at("key");
}

class StoreTest : public ::testing::Test {
 protected:
  UpdateCallback Keep() {
    return [this](const Update& update) { updates_.push_back(update); };
  }

  Store store_{manifest::ParseOptions()};
  std::vector<Update> updates_;
};

TEST_F(StoreTest, SaysNothingBeforeTheRegistryHasBeenRead) {
  auto subscription = store_.Subscribe(Keep());
  EXPECT_EQ(store_.Current(), nullptr);
  EXPECT_THAT(updates_, IsEmpty());
  store_.OnChanges({.revision = 0, .resync = true, .changes = {}});
  ASSERT_EQ(updates_.size(), 1u);
  EXPECT_EQ(updates_[0].after->size(), 0u);
}

// A registry that cannot be read at the start tells its trouble first: that is no empty registry.
TEST_F(StoreTest, TroubleBeforeTheFirstResyncIsNoAnswer) {
  auto subscription = store_.Subscribe(Keep());
  manifest::Problem trouble;
  trouble.reason = "the registry cannot be read: locked";
  store_.OnChanges(
      {.revision = 0, .changes = {registry::SourceProblems{"sqlite:r.db", {trouble}}}});
  EXPECT_EQ(store_.Current(), nullptr);
  EXPECT_THAT(updates_, IsEmpty());
  store_.OnChanges({.revision = 3, .resync = true, .changes = {Good("a", 3)}});
  ASSERT_EQ(updates_.size(), 1u);
  EXPECT_EQ(ValueOf(*updates_[0].after, "a"), "value3");
  EXPECT_TRUE(updates_[0].after->problems() == Problems());
}

TEST_F(StoreTest, GivesOutTypedObjectsWithTheirOriginAndRevision) {
  store_.OnChanges({.revision = 4, .resync = true, .changes = {Good("a", 3)}});
  const auto set = store_.Current();
  EXPECT_EQ(set->revision(), 4);
  EXPECT_EQ(ValueOf(*set, "a"), "value3");
  EXPECT_EQ(set->Find(Key("a"))->revision, 3);
  EXPECT_EQ(set->Find(Key("a"))->object->origin, (manifest::Origin{"shop.yaml", 7}));
}

TEST_F(StoreTest, SubscriberGetsEverythingThenWhatDiffers) {
  store_.OnChanges({.revision = 2, .resync = true, .changes = {Good("a", 1), Good("b", 2)}});
  auto subscription = store_.Subscribe(Keep());
  ASSERT_EQ(updates_.size(), 1u);
  EXPECT_THAT(updates_[0].delta.changed, ElementsAre(Key("a"), Key("b")));
  store_.OnChanges({.revision = 3, .changes = {Good("a", 3), registry::Delete{Key("b")}}});
  ASSERT_EQ(updates_.size(), 2u);
  EXPECT_THAT(updates_[1].delta.changed, ElementsAre(Key("a")));
  EXPECT_THAT(updates_[1].delta.removed, ElementsAre(Key("b")));
  EXPECT_EQ(updates_[1].before, updates_[0].after);
  subscription.reset();
  store_.OnChanges({.revision = 4, .changes = {Good("a", 4)}});
  EXPECT_EQ(updates_.size(), 2u);
}

TEST_F(StoreTest, OldSnapshotStaysAsItWas) {
  store_.OnChanges({.revision = 1, .resync = true, .changes = {Good("a", 1)}});
  const auto before = store_.Current();
  store_.OnChanges({.revision = 2, .changes = {Good("a", 2)}});
  EXPECT_EQ(ValueOf(*before, "a"), "value1");
  EXPECT_EQ(ValueOf(*store_.Current(), "a"), "value2");
}

TEST_F(StoreTest, BadObjectKeepsItsLastGoodVersionAndTellsWhy) {
  store_.OnChanges({.revision = 1, .resync = true, .changes = {Good("a", 1)}});
  store_.OnChanges({.revision = 2, .changes = {Bad("a", 2), Bad("b", 2), Good("c", 2)}});
  const auto set = store_.Current();
  EXPECT_EQ(ValueOf(*set, "a"), "value1");
  EXPECT_EQ(set->Find(Key("b")), nullptr);
  EXPECT_EQ(ValueOf(*set, "c"), "value2");
  const manifest::Problem problem = set->problems().by_object.at(Key("a")).at(0);
  EXPECT_EQ(problem.origin, (manifest::Origin{"shop.yaml", 7}));
  EXPECT_THAT(problem.ToString(), HasSubstr("datta"));
  store_.OnChanges({.revision = 3, .changes = {Good("a", 3), registry::Delete{Key("b")}}});
  EXPECT_THAT(store_.Current()->problems().by_object, IsEmpty());
  EXPECT_EQ(ValueOf(*store_.Current(), "a"), "value3");
}

TEST_F(StoreTest, ObjectUnderAnothersKeyIsAProblem) {
  registry::Change change = Good("a", 1);
  std::get<registry::Put>(change).entry.key = Key("b");
  store_.OnChanges({.revision = 1, .resync = true, .changes = {change}});
  EXPECT_EQ(store_.Current()->size(), 0u);
  EXPECT_THAT(store_.Current()->problems().by_object.at(Key("b"))[0].reason,
              HasSubstr("ConfigMap shop/a"));
}

TEST_F(StoreTest, ResyncDropsWhatIsNotInItAndKeepsTheSameObjects) {
  store_.OnChanges({.revision = 2, .resync = true, .changes = {Good("a", 1), Bad("b", 2)}});
  auto subscription = store_.Subscribe(Keep());
  store_.OnChanges(
      {.revision = 3, .changes = {registry::SourceProblems{"x.yaml", {manifest::Problem()}}}});
  EXPECT_TRUE(updates_.back().delta.problems_changed);
  EXPECT_EQ(updates_.back().after->problems().by_source.size(), 1u);
  store_.OnChanges({.revision = 9, .resync = true, .changes = {Good("a", 1), Good("c", 9)}});
  EXPECT_THAT(updates_.back().delta.changed, ElementsAre(Key("c")));
  EXPECT_TRUE(updates_.back().after->problems() == Problems());
  store_.OnChanges({.revision = 9, .resync = true, .changes = {}});
  EXPECT_THAT(updates_.back().delta.removed, ElementsAre(Key("a"), Key("c")));
}

TEST_F(StoreTest, ObjectThatTheBackendHasReadIsTakenAsItIs) {
  manifest::ParseResult parsed = manifest::ParseManifests(
      std::get<registry::Put>(Good("a", 1)).entry.json, "a.yaml", manifest::ParseOptions());
  ASSERT_EQ(parsed.objects.size(), 1u);
  registry::Put put;
  put.entry.key = Key("a");
  put.entry.revision = 1;
  put.entry.object = std::make_shared<const manifest::Object>(parsed.objects[0]);
  store_.OnChanges({.revision = 1, .resync = true, .changes = {put}});
  EXPECT_EQ(store_.Current()->Find(Key("a"))->object, put.entry.object);
}

TEST_F(StoreTest, CallbackMaySubscribeAndUnsubscribe) {
  std::unique_ptr<Store::Subscription> inner, outer;
  int inner_calls = 0;
  outer = store_.Subscribe([&](const Update&) {
    inner = store_.Subscribe([&](const Update&) { ++inner_calls; });
    outer.reset();
  });
  store_.OnChanges({.revision = 1, .resync = true, .changes = {}});
  EXPECT_EQ(outer, nullptr);
  EXPECT_EQ(inner_calls, 1);
}

TEST_F(StoreTest, ChangesDuringASlowCallbackComeAsOneUpdate) {
  absl::Notification entered, go_on;
  store_.OnChanges({.revision = 1, .resync = true, .changes = {Good("a", 1)}});
  std::unique_ptr<Store::Subscription> subscription;
  std::thread slow([&] {
    subscription = store_.Subscribe([&](const Update& update) {
      updates_.push_back(update);
      if (updates_.size() > 1) return;
      entered.Notify();
      go_on.WaitForNotification();
    });
  });
  entered.WaitForNotification();
  for (int revision = 2; revision <= 5; ++revision) {
    store_.OnChanges({.revision = revision, .changes = {Good("a", revision)}});
  }
  go_on.Notify();
  slow.join();
  ASSERT_EQ(updates_.size(), 2u);
  EXPECT_EQ(updates_[1].before, updates_[0].after);
  EXPECT_EQ(ValueOf(*updates_[1].after, "a"), "value5");
}

TEST_F(StoreTest, UnsubscribeWaitsForARunningCallback) {
  absl::Notification entered, go_on;
  bool finished = false;
  auto subscription = store_.Subscribe([&](const Update&) {
    entered.Notify();
    go_on.WaitForNotification();
    finished = true;
  });
  std::thread feeder([&] { store_.OnChanges({.revision = 1, .resync = true, .changes = {}}); });
  entered.WaitForNotification();
  std::thread releaser([&] { go_on.Notify(); });
  subscription.reset();
  EXPECT_TRUE(finished);
  releaser.join();
  feeder.join();
}

}  // namespace
}  // namespace sluice::store
