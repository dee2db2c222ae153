// SPDX-License-Identifier: Apache-2.0
#include "dataplane/config/consumer_table.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <map>
#include <random>
#include <string>

namespace sluice::config {
namespace {

Sha256 Hash(uint8_t first, uint8_t last = 0) {
  Sha256 hash{};
  hash[0] = first;
  hash[31] = last;
  return hash;
}

std::shared_ptr<const Consumer> WithKey(std::string name, Sha256 hash, int64_t expires_at_s = 0) {
  return Consumer::Make(
      {.name = std::move(name), .api_keys = {{.hash = hash, .expires_at_s = expires_at_s}}});
}

std::string Name(const Consumer* consumer) {
  return consumer == nullptr ? "" : std::string(consumer->name());
}

TEST(ConsumerTest, KeepsAllThatIsSaid) {
  const auto consumer = Consumer::Make({.name = "shop/alice",
                                        .groups = {"gold", "eu"},
                                        .api_keys = {{Hash(1), 5}, {Hash(2), 0}},
                                        .passwords = {{"alice", "$2y$x"}},
                                        .tokens = {{"https://i", "a|1"}},
                                        .certificate_names = {"spiffe://x/alice"}});
  EXPECT_EQ(consumer->name(), "shop/alice");
  EXPECT_EQ(consumer->name_space(), "shop");
  ASSERT_EQ(consumer->groups().size(), 2U);
  EXPECT_EQ(consumer->groups()[1], "eu");
  ASSERT_EQ(consumer->api_keys().size(), 2U);
  EXPECT_EQ(consumer->api_keys()[0].expires_at_s, 5);
  EXPECT_EQ(consumer->api_keys()[1].hash, Hash(2));
  EXPECT_EQ(consumer->passwords()[0].username, "alice");
  EXPECT_EQ(consumer->passwords()[0].hash, "$2y$x");
  EXPECT_EQ(consumer->tokens()[0].issuer, "https://i");
  EXPECT_EQ(consumer->tokens()[0].subject, "a|1");
  EXPECT_EQ(consumer->certificate_names()[0], "spiffe://x/alice");
}

TEST(ConsumerTableTest, FindsByEachKindOfCredential) {
  ConsumerTable table;
  table.Apply({{nullptr, Consumer::Make({.name = "a/x",
                                         .api_keys = {{Hash(7), 0}},
                                         .passwords = {{"bob", "{SHA}h"}},
                                         .tokens = {{"iss", "sub"}},
                                         .certificate_names = {"x.example"}})}});
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(Name(table.FindByApiKey(Hash(7), "", 0).consumer), "a/x");
  EXPECT_EQ(table.FindByUsername("bob", "").hash, "{SHA}h");
  EXPECT_EQ(Name(table.FindByToken("iss", "sub", "a")), "a/x");
  EXPECT_EQ(Name(table.FindByCertificateName("x.example", "a")), "a/x");
  // What is one kind's is not another's.
  EXPECT_EQ(table.FindByUsername("x.example", "").consumer, nullptr);
  EXPECT_EQ(table.FindByToken("isss", "ub", ""), nullptr);
  EXPECT_EQ(table.FindByCertificateName("bob", ""), nullptr);
}

TEST(ConsumerTableTest, ComparesTheWholeHashOfAKey) {
  ConsumerTable table;
  table.Apply({{nullptr, WithKey("a/x", Hash(7, 1))}, {nullptr, WithKey("a/y", Hash(7, 2))}});
  EXPECT_EQ(Name(table.FindByApiKey(Hash(7, 1), "", 0).consumer), "a/x");
  EXPECT_EQ(Name(table.FindByApiKey(Hash(7, 2), "", 0).consumer), "a/y");
  EXPECT_EQ(table.FindByApiKey(Hash(7, 3), "", 0).consumer, nullptr);
}

TEST(ConsumerTableTest, ANamespaceSeesItsOwn) {
  ConsumerTable table;
  table.Apply({{nullptr, WithKey("b/x", Hash(1))}, {nullptr, WithKey("a/x", Hash(1))}});
  EXPECT_EQ(Name(table.FindByApiKey(Hash(1), "b", 0).consumer), "b/x");
  EXPECT_EQ(Name(table.FindByApiKey(Hash(1), "a", 0).consumer), "a/x");
  EXPECT_EQ(Name(table.FindByApiKey(Hash(1), "", 0).consumer), "a/x") << "the first by name";
  EXPECT_EQ(table.FindByApiKey(Hash(1), "c", 0).consumer, nullptr);
}

TEST(ConsumerTableTest, AKeyExpiresAtItsSecond) {
  ConsumerTable table;
  table.Apply({{nullptr, WithKey("a/x", Hash(1), 100)}});
  EXPECT_FALSE(table.FindByApiKey(Hash(1), "", 99).expired);
  EXPECT_TRUE(table.FindByApiKey(Hash(1), "", 100).expired);
  table.Apply({{nullptr, WithKey("b/y", Hash(1))}});
  EXPECT_EQ(Name(table.FindByApiKey(Hash(1), "", 100).consumer), "b/y") << "the good one";
}

TEST(ConsumerTableTest, ACopyDoesNotSeeLaterChanges) {
  ConsumerTable table;
  const auto x = WithKey("a/x", Hash(1));
  table.Apply({{nullptr, x}});
  const ConsumerTable before = table;
  table.Apply({{x, WithKey("a/x", Hash(2))}});
  EXPECT_EQ(Name(before.FindByApiKey(Hash(1), "", 0).consumer), "a/x");
  EXPECT_EQ(before.FindByApiKey(Hash(2), "", 0).consumer, nullptr);
  EXPECT_EQ(table.FindByApiKey(Hash(1), "", 0).consumer, nullptr);
  EXPECT_EQ(Name(table.FindByApiKey(Hash(2), "", 0).consumer), "a/x");
  EXPECT_EQ(table.size(), 1U);
}

// Random changes, some of the same consumer in one call, against a plain map.
TEST(ConsumerTableTest, AgreesWithAMapAfterRandomChanges) {
  std::mt19937 random(5);
  ConsumerTable table;
  std::map<std::string, std::shared_ptr<const Consumer>> model;
  for (int round = 0; round < 300; ++round) {
    std::vector<ConsumerTable::Change> changes;
    for (int i = 0; i < 5; ++i) {
      const std::string name = "n/" + std::to_string(random() % 20);
      std::shared_ptr<const Consumer>& now = model[name];
      std::shared_ptr<const Consumer> next;
      if (random() % 4 != 0) {
        next = Consumer::Make({.name = name,
                               .passwords = {{"u" + std::to_string(random() % 30), name},
                                             {"u" + std::to_string(random() % 30), name}}});
      }
      changes.push_back({now, next});
      now = next;
    }
    table.Apply(changes);
    size_t there = 0;
    for (const auto& [name, consumer] : model) there += consumer != nullptr;
    ASSERT_EQ(table.size(), there);
    for (int user = 0; user < 30; ++user) {
      const std::string username = "u" + std::to_string(user);
      std::string wanted;
      for (const auto& [name, consumer] : model) {
        if (consumer == nullptr || !wanted.empty()) continue;
        for (const auto& password : consumer->passwords()) {
          if (password.username == username) wanted = name;
        }
      }
      ASSERT_EQ(table.FindByUsername(username, "").hash, wanted) << username;
    }
  }
}

// The bar is 64 MiB for all that a proxy keeps; the rest is xdsclient's.
TEST(ConsumerTableTest, AHundredThousandConsumersAreSmall) {
  constexpr int kConsumers = 100'000;
  const size_t before = mallinfo2().uordblks;
  ConsumerTable table;
  std::mt19937_64 random(1);
  {
    std::vector<ConsumerTable::Change> changes;
    for (int i = 0; i < kConsumers; ++i) {
      Sha256 hash;
      for (uint8_t& byte : hash) byte = static_cast<uint8_t>(random());
      changes.push_back({nullptr, Consumer::Make({.name = "default/consumer-" + std::to_string(i),
                                                  .groups = {"gold"},
                                                  .api_keys = {{hash, 0}}})});
    }
    table.Apply(changes);
  }
  const size_t bytes = mallinfo2().uordblks - before;
  RecordProperty("bytes_per_consumer", static_cast<int>(bytes / kConsumers));
  EXPECT_LT(bytes / kConsumers, 300U);
}

}  // namespace
}  // namespace sluice::config
