// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/consumer_book.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::resolve {
namespace {

using manifest::ObjectKey;

ObjectKey KeyOf(const std::string& name, const std::string& ns = "shop") {
  return {"Consumer", ns, name};
}

ConsumerDraft DraftOf(const ObjectKey& key, int64_t created, std::vector<std::string> hashes) {
  ConsumerDraft draft{.created = absl::FromUnixSeconds(created)};
  draft.consumer.name = key.ns + "/" + key.name;
  for (std::string& hash : hashes) {
    draft.consumer.keys.push_back({.name = "k" + hash, .sha256 = std::move(hash)});
  }
  return draft;
}

// A book, and what it has said so far.
class ConsumerBookTest : public testing::Test {
 protected:
  void Put(const std::string& name, int64_t created, std::vector<std::string> hashes,
           const std::string& ns = "shop") {
    book_.Put(KeyOf(name, ns), DraftOf(KeyOf(name, ns), created, std::move(hashes)));
    Settle();
  }
  void Remove(const std::string& name) {
    book_.Remove(KeyOf(name));
    Settle();
  }
  void Settle() {
    touched_ = 0;
    for (ConsumerBook::Change& change : book_.Settle()) {
      ++touched_;
      said_[change.key] = std::move(change);
    }
  }

  size_t KeysOf(const std::string& name) { return said_.at(KeyOf(name)).consumer->keys.size(); }
  const Condition& Conflicted(const std::string& name) {
    return said_.at(KeyOf(name)).verdict.conditions.at(2);
  }

  ConsumerBook book_;
  std::map<ObjectKey, ConsumerBook::Change> said_;
  int touched_ = 0;
};

TEST_F(ConsumerBookTest, OfTwoThatClaimACredentialTheOlderHasIt) {
  Put("young", 20, {"a", "b"});
  EXPECT_EQ(KeysOf("young"), 2u);
  Put("old", 10, {"a"});
  EXPECT_EQ(KeysOf("old"), 1u);
  EXPECT_EQ(KeysOf("young"), 1u);
  EXPECT_TRUE(IsGood(Conflicted("old")));
  EXPECT_EQ(Conflicted("young").reason, "CredentialConflict");
  EXPECT_NE(Conflicted("young").message.find("API key ka is that of Consumer shop/old"),
            std::string::npos);
}

TEST_F(ConsumerBookTest, WhatIsGivenUpGoesToTheNext) {
  Put("old", 10, {"a"});
  Put("young", 20, {"a"});
  EXPECT_EQ(KeysOf("young"), 0u);
  Remove("old");
  EXPECT_EQ(touched_, 2);
  EXPECT_EQ(said_.at(KeyOf("old")).consumer, nullptr);
  EXPECT_EQ(KeysOf("young"), 1u);
  EXPECT_TRUE(IsGood(Conflicted("young")));
}

TEST_F(ConsumerBookTest, AsOldTheNameDecides) {
  Put("b", 10, {"a"});
  Put("a", 10, {"a"});
  EXPECT_EQ(KeysOf("a"), 1u);
  EXPECT_EQ(KeysOf("b"), 0u);
}

TEST_F(ConsumerBookTest, NamespacesDoNotMeet) {
  Put("a", 10, {"x"});
  Put("b", 20, {"x"}, "other");
  EXPECT_EQ(said_.at(KeyOf("b", "other")).consumer->keys.size(), 1u);
}

TEST_F(ConsumerBookTest, AChangeTouchesThoseWhoShareACredentialAlone) {
  for (int i = 0; i < 100; ++i) Put("c" + std::to_string(i), i, {"k" + std::to_string(i)});
  EXPECT_EQ(touched_, 1);
  Put("late", 1000, {"k7"});
  EXPECT_EQ(touched_, 2);
  EXPECT_FALSE(said_.at(KeyOf("c7")).is_other) << "it kept its key";
}

TEST_F(ConsumerBookTest, WhatStaysTheSameStaysTheSamePointer) {
  Put("a", 10, {"x"});
  const auto before = said_.at(KeyOf("a")).consumer;
  Put("a", 10, {"x"});
  EXPECT_EQ(said_.at(KeyOf("a")).consumer, before);
  EXPECT_FALSE(said_.at(KeyOf("a")).is_other);
}

// Random puts and removals: the end is that of a book that was filled once.
TEST_F(ConsumerBookTest, DoesNotDependOnTheOrderOfArrival) {
  std::mt19937 random(5);
  std::map<ObjectKey, ConsumerDraft> model;
  for (int step = 0; step < 2'000; ++step) {
    const std::string name = "c" + std::to_string(random() % 30);
    if (random() % 4 == 0) {
      model.erase(KeyOf(name));
      Remove(name);
      continue;
    }
    std::vector<std::string> hashes;
    for (int i = 0; i < 3; ++i)
      hashes.push_back(std::string(1, static_cast<char>('a' + random() % 20)));
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    const auto created = static_cast<int64_t>(random() % 5);
    model[KeyOf(name)] = DraftOf(KeyOf(name), created, hashes);
    Put(name, created, hashes);
  }
  ConsumerBook fresh;
  for (const auto& [key, draft] : model) fresh.Put(key, draft);
  std::map<ObjectKey, ConsumerBook::Change> expected;
  for (ConsumerBook::Change& change : fresh.Settle()) expected[change.key] = std::move(change);
  for (const auto& [key, change] : said_) {
    if (!model.contains(key)) {
      EXPECT_EQ(change.consumer, nullptr) << key.ToString();
      continue;
    }
    EXPECT_EQ(*change.consumer, *expected.at(key).consumer) << key.ToString();
    EXPECT_EQ(change.verdict, expected.at(key).verdict) << key.ToString();
  }
}

}  // namespace
}  // namespace sluice::resolve
