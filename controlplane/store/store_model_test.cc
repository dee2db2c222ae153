// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/store/store.h"
#include "gtest/gtest.h"
#include "k8s/config_map.pb.h"

namespace sluice::store {
namespace {

// What the store is to hold of one object.
struct Expected {
  int given = 0;     // Revision last given; 0: not there.
  int good = 0;      // Of the last good version; 0: none.
  bool bad = false;  // The one last given does not read.
};

// Aim: the snapshot is a function of what the registry gave, and deltas lead from one snapshot to
// the next. Method: random batches (good and bad puts, deletes, resyncs) go to a store and to a
// std::map; a subscriber that knows only deltas keeps a mirror, and must end with the same.
class Walk {
 public:
  explicit Walk(unsigned seed) : random_(seed) {
    subscription_ = store_.Subscribe([this](const Update& update) { Follow(update); });
  }

  void Step() {
    ++revision_;
    registry::ChangeBatch batch;
    batch.revision = revision_;
    batch.resync = revision_ == 1 || Roll(10) == 0;
    if (batch.resync) {
      AddResync(batch);
    } else {
      AddChanges(batch);
    }
    store_.OnChanges(batch);
    Check();
  }

 private:
  int Roll(int sides) { return static_cast<int>(random_() % static_cast<unsigned>(sides)); }
  static manifest::ObjectKey Key(int i) { return {"ConfigMap", "shop", absl::StrCat("m", i)}; }

  registry::Change PutOf(int i, bool bad, int revision) {
    registry::Entry entry;
    entry.key = Key(i);
    entry.json = absl::StrCat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m)", i,
                              R"(","namespace":"shop"},")", bad ? "datta" : "data", R"(":{"r":")",
                              revision, R"("}})");
    entry.revision = revision;
    return registry::Put{std::move(entry)};
  }

  void Put(int i, registry::ChangeBatch& batch) {
    const bool bad = Roll(4) == 0;
    Expected& expected = model_[i];
    expected.given = revision_;
    expected.bad = bad;
    if (!bad) expected.good = revision_;
    batch.changes.push_back(PutOf(i, bad, revision_));
  }

  void AddChanges(registry::ChangeBatch& batch) {
    for (int i = 0; i < kObjects; ++i) {
      const int dice = Roll(8);
      if (dice == 0) {
        model_.erase(i);
        batch.changes.push_back(registry::Delete{Key(i)});
      } else if (dice < 3) {
        Put(i, batch);
      }
    }
  }

  void AddResync(registry::ChangeBatch& batch) {
    for (int i = 0; i < kObjects; ++i) {
      const auto it = model_.find(i);
      if (Roll(4) == 0) {
        if (it != model_.end()) model_.erase(it);
      } else if (it != model_.end() && Roll(2) == 0) {
        batch.changes.push_back(PutOf(i, it->second.bad, it->second.given));  // As it was.
      } else {
        Put(i, batch);
      }
    }
  }

  void Follow(const Update& update) {
    for (const manifest::ObjectKey& key : update.delta.removed) {
      ASSERT_EQ(mirror_.erase(key), 1u);
      ASSERT_EQ(update.after->Find(key), nullptr);
    }
    for (const manifest::ObjectKey& key : update.delta.changed) {
      const StoredObject* stored = update.after->Find(key);
      ASSERT_NE(stored, nullptr);
      ASSERT_NE(mirror_[key], stored->revision) << "told of a change that was none";
      mirror_[key] = stored->revision;
    }
  }

  void Check() {
    const auto set = store_.Current();
    ASSERT_EQ(set->revision(), revision_);
    std::map<manifest::ObjectKey, registry::Revision> good;
    for (const auto& [i, expected] : model_) {
      ASSERT_EQ(set->problems().by_object.contains(Key(i)), expected.bad);
      if (expected.good == 0) continue;
      good[Key(i)] = expected.good;
      const auto* body = set->Find<k8s::ConfigMap>("shop", absl::StrCat("m", i));
      ASSERT_NE(body, nullptr);
      ASSERT_EQ(body->data().at("r"), absl::StrCat(expected.good));
    }
    ASSERT_EQ(set->size(), good.size());
    ASSERT_EQ(mirror_, good);
  }

  static constexpr int kObjects = 12;
  std::mt19937 random_;
  int revision_ = 0;
  std::map<int, Expected> model_;
  std::map<manifest::ObjectKey, registry::Revision> mirror_;
  Store store_{manifest::ParseOptions()};
  std::unique_ptr<Store::Subscription> subscription_;
};

TEST(StoreModelTest, SnapshotsAndDeltasAgreeWithAMap) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Walk walk(seed);
    for (int step = 0; step < 100; ++step) {
      ASSERT_NO_FATAL_FAILURE(walk.Step());
    }
  }
}

}  // namespace
}  // namespace sluice::store
