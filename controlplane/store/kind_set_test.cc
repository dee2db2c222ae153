// SPDX-License-Identifier: Apache-2.0
#include "controlplane/store/kind_set.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::store {
namespace {

using Model = std::map<manifest::ObjectKey, StoredObject>;

manifest::ObjectKey Key(int i) {
  // "ns1" before "ns10" before "ns2": order by text, as the set must.
  return {"Backend", absl::StrCat("ns", i % 12), absl::StrCat("b", i)};
}

StoredObject Object(const manifest::ObjectKey& key, int revision) {
  auto object = std::make_shared<manifest::Object>();
  object->key = key;
  return {std::move(object), revision};
}

void ExpectSame(const KindSet& set, const Model& model) {
  ASSERT_EQ(set.size(), model.size());
  auto expected = model.begin();
  for (const StoredObject& stored : set) {
    ASSERT_EQ(stored.object, expected->second.object);
    ++expected;
  }
  ASSERT_EQ(expected, model.end());
}

TEST(KindSetTest, EmptySetFindsNothingAndTakesEmptyEdits) {
  const KindSet empty;
  EXPECT_EQ(empty.Find("a", "b"), nullptr);
  EXPECT_EQ(empty.With({}).size(), 0u);
  EXPECT_EQ(empty.With({{Key(1), std::nullopt}}).size(), 0u);
  EXPECT_EQ(empty.begin(), empty.end());
}

TEST(KindSetTest, OldVersionStaysAsItWas) {
  const StoredObject first = Object(Key(1), 1);
  const KindSet before = KindSet().With({{Key(1), first}});
  const KindSet after = before.With({{Key(1), Object(Key(1), 2)}});
  EXPECT_EQ(before.Find("ns1", "b1")->object, first.object);
  EXPECT_EQ(after.Find("ns1", "b1")->revision, 2);
}

// Aim: a KindSet is a sorted map, and Diff is what changed. Method: random batches of edits, small
// and big, against a std::map; after each, order, look-ups and the difference to an older version.
TEST(KindSetTest, BehavesAsASortedMap) {
  std::mt19937 random(3);
  for (int round = 0; round < 6; ++round) {
    KindSet set, older;
    Model model, older_model;
    for (int step = 0; step < 60; ++step) {
      KindSet::Edits edits;
      const int size = random() % 4 == 0 ? 900 : 1 + static_cast<int>(random() % 4);
      // Rounds with more deletions empty chunks, and join what is left of them.
      const unsigned deletions = 1 + static_cast<unsigned>(round) % 3;
      for (int i = 0; i < size; ++i) {
        const manifest::ObjectKey key = Key(static_cast<int>(random() % 3000));
        if (random() % 4 < deletions) {
          edits[key] = std::nullopt;
          model.erase(key);
        } else {
          edits[key] = Object(key, step);
          model[key] = *edits[key];
        }
      }
      set = set.With(edits);
      ASSERT_NO_FATAL_FAILURE(ExpectSame(set, model));
      for (int i = 0; i < 50; ++i) {
        const manifest::ObjectKey key = Key(static_cast<int>(random() % 3100));
        const StoredObject* found = set.Find(key.ns, key.name);
        ASSERT_EQ(found != nullptr, model.contains(key));
        if (found != nullptr) ASSERT_EQ(found->object, model[key].object);
      }
      if (random() % 3 != 0) continue;
      std::vector<manifest::ObjectKey> changed, removed;
      for (const auto& [key, stored] : model) {
        if (!older_model.contains(key) || older_model[key].object != stored.object) {
          changed.push_back(key);
        }
      }
      for (const auto& [key, stored] : older_model) {
        if (!model.contains(key)) removed.push_back(key);
      }
      KindSet::Difference difference;
      KindSet::Diff(older, set, difference);
      ASSERT_EQ(difference.changed, changed);
      ASSERT_EQ(difference.removed, removed);
      older = set;
      older_model = model;
    }
  }
}

TEST(KindSetTest, OneEditAmongManyCopiesOneChunk) {
  KindSet::Edits edits;
  for (int i = 0; i < 20'000; ++i) edits[Key(i)] = Object(Key(i), 1);
  const KindSet before = KindSet().With(edits);
  const KindSet after = before.With({{Key(777), Object(Key(777), 2)}});
  size_t copied = 0;
  auto a = before.begin();
  for (const StoredObject& stored : after) {
    if (&stored != &*a) ++copied;
    ++a;
  }
  EXPECT_GE(copied, 1u);
  EXPECT_LE(copied, KindSet::kMaxChunk);
}

TEST(KindSetTest, LeftoversAreJoined) {
  KindSet::Edits edits;
  for (int i = 0; i < 10'000; ++i) edits[Key(i)] = Object(Key(i), 1);
  KindSet set = KindSet().With(edits);
  // One object in a hundred stays: chunk by chunk, one edit at a time.
  int kept = 0;
  for (auto& [key, stored] : edits) {
    if (kept++ % 100 != 0) set = set.With({{key, std::nullopt}});
  }
  EXPECT_EQ(set.size(), 100u);
  EXPECT_LE(set.chunk_count_for_test(), 4u);
}

}  // namespace
}  // namespace sluice::store
