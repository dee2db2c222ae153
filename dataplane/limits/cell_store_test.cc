// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/cell_store.h"

#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

#include "dataplane/limits/test_dice.h"

namespace sluice::limits {
namespace {

// Payload: when the cell is worth nothing any more. Note: how much earlier it stops being blocked.
uint64_t WorthOf(uint64_t payload, uint64_t note, int64_t moment) {
  const auto now = static_cast<uint64_t>(moment);
  if (payload <= now) return 0;
  const uint64_t ahead = payload - now;
  return ahead <= note ? ahead : CellStore::kBlocked + (ahead - note);
}

constexpr uint64_t kNeverBlocked = CellStore::kMaxPayload;

// Keys as a hash would give them: all of the first shard, or anywhere.
Key KeyNumber(uint64_t number) { return {.low = TestDice(number).Next(), .high = number * 64}; }
Key AnyKey(TestDice& dice) { return {.low = dice.Next(), .high = dice.Next()}; }

CellStore::Sight Make(CellStore& store, const Key& key, uint64_t payload,
                      uint64_t note = kNeverBlocked, int64_t moment = 0) {
  bool made = false;
  const CellStore::Sight sight = store.FindOrMake(key, payload, note, moment, made);
  EXPECT_TRUE(made);
  return sight;
}

// With 64 x 64 cells, each shard has 64.
constexpr size_t kCells = 64 * 64;
constexpr uint64_t kShardCells = 64;

TEST(CellStoreTest, FindsWhatWasMade) {
  CellStore store(kCells, &WorthOf);
  EXPECT_FALSE(store.Find(KeyNumber(1)).has_value());
  Make(store, KeyNumber(1), 7);
  ASSERT_TRUE(store.Find(KeyNumber(1)).has_value());
  EXPECT_EQ(store.Find(KeyNumber(1))->payload(), 7u);
  EXPECT_FALSE(store.Find(KeyNumber(2)).has_value());
  bool made = true;
  EXPECT_EQ(store.FindOrMake(KeyNumber(1), 9, 0, 0, made).payload(), 7u);
  EXPECT_FALSE(made);
}

TEST(CellStoreTest, AllOfTheKeyIsCompared) {
  CellStore store(kCells, &WorthOf);
  Make(store, {.low = 1, .high = 64}, 7);
  EXPECT_FALSE(store.Find({.low = 1, .high = 128}).has_value());
  EXPECT_FALSE(store.Find({.low = 1 + kShardCells, .high = 64}).has_value());
}

TEST(CellStoreTest, ASwapNeedsTheWordThatWasSeen) {
  CellStore store(kCells, &WorthOf);
  CellStore::Sight early = Make(store, KeyNumber(1), 7);
  CellStore::Sight late = *store.Find(KeyNumber(1));
  EXPECT_TRUE(CellStore::TryReplace(late, 8));
  EXPECT_FALSE(CellStore::TryReplace(early, 9));
  EXPECT_EQ(late.payload(), 8u);
  EXPECT_TRUE(CellStore::TryReplace(late, 10));
  EXPECT_EQ(store.Find(KeyNumber(1))->payload(), 10u);
}

// A cell that changed its owner between look and swap must not be charged for the old one, even if
// the new one's payload is the same.
TEST(CellStoreTest, ASwapFailsOnceTheCellIsAnothers) {
  CellStore store(1, &WorthOf);  // One cell a shard.
  CellStore::Sight old = Make(store, KeyNumber(1), 7);
  Make(store, KeyNumber(2), 7, kNeverBlocked, 7);
  EXPECT_FALSE(store.Find(KeyNumber(1)).has_value());
  EXPECT_FALSE(CellStore::TryReplace(old, 9));
  EXPECT_EQ(store.Find(KeyNumber(2))->payload(), 7u);
}

TEST(CellStoreTest, HoldsAsManyAsItSaysAndNoMore) {
  CellStore store(kCells, &WorthOf);
  EXPECT_EQ(store.max_cells(), kCells);
  for (uint64_t i = 1; i <= kShardCells; ++i) Make(store, KeyNumber(i), 1000);
  EXPECT_EQ(store.used(), kShardCells);
  EXPECT_EQ(store.evictions().live, 0u);
  for (uint64_t i = 1; i <= kShardCells; ++i) EXPECT_TRUE(store.Find(KeyNumber(i)).has_value());
  Make(store, KeyNumber(1000), 1000);
  EXPECT_EQ(store.used(), kShardCells);
  EXPECT_EQ(store.evictions().live, 1u);
}

TEST(CellStoreTest, WhatIsWorthNothingMakesRoomBeforeNewMemoryIsTaken) {
  CellStore store(kCells, &WorthOf);
  for (uint64_t i = 1; i <= 1000; ++i) {
    Make(store, KeyNumber(i), i + 2, kNeverBlocked, static_cast<int64_t>(i));
  }
  EXPECT_LE(store.used(), 8u);
  EXPECT_EQ(store.evictions().live, 0u);
}

TEST(CellStoreTest, AnIdleKeyGoesBeforeAnyOther) {
  CellStore store(kCells, &WorthOf);
  for (uint64_t i = 1; i <= kShardCells; ++i) Make(store, KeyNumber(i), i == 40 ? 10 : 1000);
  Make(store, KeyNumber(1000), 1000, kNeverBlocked, 10);
  EXPECT_FALSE(store.Find(KeyNumber(40)).has_value());
  EXPECT_EQ(store.evictions().live, 0u);
}

TEST(CellStoreTest, OfKeysInUseTheLeastWorthyGoes) {
  CellStore store(kCells, &WorthOf);
  for (uint64_t i = 1; i <= kShardCells; ++i) Make(store, KeyNumber(i), i == 17 ? 500 : 1000);
  Make(store, KeyNumber(1000), 1000);
  EXPECT_FALSE(store.Find(KeyNumber(17)).has_value());
}

// RL-02: keys that come once do not push out one that is held back.
TEST(CellStoreTest, ABlockedKeyOutlivesAnyNumberOfOthers) {
  CellStore store(64 * 1024, &WorthOf);  // 1,024 a shard: more than one search looks at.
  Make(store, KeyNumber(1), 1000, 10);
  for (uint64_t i = 2; i <= 100'000; ++i) Make(store, KeyNumber(i), 900);
  EXPECT_TRUE(store.Find(KeyNumber(1)).has_value());
  EXPECT_EQ(store.evictions().blocked, 0u);
}

// Aim: while a single key of a shard is not blocked, that one goes, wherever it stands. Method: a
// shard full of blocked keys and one other, which each new key must replace.
TEST(CellStoreTest, ABlockedKeyGoesOnlyWhereAllAreBlocked) {
  CellStore store(64 * 1024, &WorthOf);
  constexpr uint64_t kFull = 1024;
  for (uint64_t i = 1; i <= kFull; ++i) Make(store, KeyNumber(i), 1000, i == 700 ? 2000 : 10);
  uint64_t last = 700;
  for (uint64_t i = 2000; i < 2100; ++i) {
    Make(store, KeyNumber(i), 999, 2000);
    EXPECT_FALSE(store.Find(KeyNumber(last)).has_value());
    last = i;
  }
  EXPECT_EQ(store.evictions().blocked, 0u);
  // Now that one is blocked too: then one must go all the same, and each further one.
  CellStore::Sight sight = *store.Find(KeyNumber(last));
  ASSERT_TRUE(CellStore::TryReplace(sight, 4000));
  for (uint64_t i = 3000; i < 3010; ++i) Make(store, KeyNumber(i), 1000, 10);
  EXPECT_EQ(store.evictions().blocked, 10u);
  // As time goes on they stop being blocked, and are found again.
  Make(store, KeyNumber(4000), 5000, 10, 995);
  EXPECT_EQ(store.evictions().blocked, 10u);
}

TEST(CellStoreTest, GoesThroughAllThatItHas) {
  CellStore store(kCells, &WorthOf);
  TestDice dice(5);
  std::unordered_map<uint64_t, uint64_t> made;
  for (uint64_t i = 1; i <= 1000; ++i) {
    const Key key = AnyKey(dice);
    Make(store, key, i, i + 1);
    made[key.low] = i;
  }
  size_t found = 0;
  for (size_t i = 0; i < store.max_cells(); ++i) {
    const auto entry = store.At(i);
    if (!entry.has_value()) continue;
    ++found;
    EXPECT_EQ(made.at(entry->key.low), entry->sight.payload());
    EXPECT_EQ(entry->note, entry->sight.payload() + 1);
  }
  EXPECT_EQ(found, 1000u);
}

// Aim: chains survive any order of coming and going. Method: random keys through a small store;
// every key that is found has the payload it was given.
TEST(CellStoreTest, KeysNeverGetEachOthersPayload) {
  CellStore store(256, &WorthOf);
  TestDice dice(6);
  std::vector<Key> keys;
  for (int i = 0; i < 2000; ++i) keys.push_back(AnyKey(dice));
  std::unordered_map<uint64_t, uint64_t> last;
  for (int64_t now = 1; now < 200'000; ++now) {
    const Key& key = keys[dice.Next() % keys.size()];
    const auto payload = static_cast<uint64_t>(now + dice.Between(0, 400));
    if (auto sight = store.Find(key)) {
      ASSERT_EQ(sight->payload(), last.at(key.low));
      ASSERT_TRUE(CellStore::TryReplace(*sight, payload));
    } else {
      Make(store, key, payload, 100, now);
    }
    last[key.low] = payload;
  }
  EXPECT_GT(store.evictions().live, 0u);
}

}  // namespace
}  // namespace sluice::limits
