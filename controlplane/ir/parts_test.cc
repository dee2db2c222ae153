// SPDX-License-Identifier: Apache-2.0
#include "controlplane/ir/parts.h"

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::ir {
namespace {

using IntParts = Parts<int>;
using Model = std::map<std::string, int>;

std::string NameOf(int i) { return "part-" + std::to_string(100'000 + i); }

IntParts MakeOf(const Model& model, const IntParts* before) {
  std::vector<IntParts::Entry> entries;
  for (const auto& [name, value] : model) {
    entries.emplace_back(name, std::make_shared<const int>(value));
  }
  return IntParts::Make(std::move(entries), before);
}

Model ModelOf(const IntParts& parts) {
  Model model;
  parts.ForEach([&](const std::string& name, const IntParts::Part& part) { model[name] = *part; });
  return model;
}

Model Many(int count) {
  Model model;
  for (int i = 0; i < count; ++i) model[NameOf(i)] = i;
  return model;
}

TEST(PartsTest, OneEditSharesAllButOneChunk) {
  const IntParts before = MakeOf(Many(10'000), nullptr);
  IntParts after = before;
  after.Replace(NameOf(5'000), std::make_shared<const int>(-1));
  EXPECT_EQ(after.shared_chunks_for_test(before), before.chunk_count_for_test() - 1);
  EXPECT_EQ(**after.Find(NameOf(5'000)), -1);
  EXPECT_EQ(**before.Find(NameOf(5'000)), 5'000);
  int visits = 0;
  IntParts::Diff(before, after, [&](const std::string& name, const auto* old, const auto* now) {
    ++visits;
    EXPECT_EQ(name, NameOf(5'000));
    EXPECT_EQ(**old, 5'000);
    EXPECT_EQ(**now, -1);
  });
  EXPECT_EQ(visits, 1);
}

TEST(PartsTest, MadeAnewItSharesWhatIsEqual) {
  Model model = Many(10'000);
  const IntParts before = MakeOf(model, nullptr);
  model.erase(NameOf(3));
  model["zzz"] = 1;
  const IntParts after = MakeOf(model, &before);
  EXPECT_EQ(ModelOf(after), model);
  EXPECT_GE(after.shared_chunks_for_test(before), before.chunk_count_for_test() - 1);
  EXPECT_EQ(after.Find(NameOf(3)), nullptr);
  EXPECT_EQ(*after.Find(NameOf(4)), *before.Find(NameOf(4))) << "equal, so the same";
}

// One edit at a time, as a cluster lives: chunks neither pile up nor stay nearly empty.
TEST(PartsTest, ManySmallEditsLeaveFewChunks) {
  Model model = Many(500);
  IntParts parts = MakeOf(model, nullptr);
  for (int i = 0; i < 250; ++i) {
    model[NameOf(2 * i) + "x"] = i;
    parts = MakeOf(model, &parts);
  }
  EXPECT_EQ(ModelOf(parts), model);
  EXPECT_LE(parts.chunk_count_for_test(), 12u);
  int index = 0;
  for (const auto& [name, value] : Model(model)) {
    if (index++ % 10 == 0) continue;
    model.erase(name);
    parts = MakeOf(model, &parts);
  }
  EXPECT_EQ(ModelOf(parts), model);
  EXPECT_LE(parts.chunk_count_for_test(), 4u);
}

TEST(PartsTest, WhatIsNotThereIsNotReplaced) {
  IntParts parts = MakeOf({{"b", 1}}, nullptr);
  for (const char* name : {"a", "c"}) parts.Replace(name, std::make_shared<const int>(2));
  EXPECT_EQ(ModelOf(parts), (Model{{"b", 1}}));
  EXPECT_EQ(IntParts().Find("a"), nullptr);
}

// Parts put and taken out one by one, now and then made anew: contents are those of a plain map.
TEST(PartsTest, BehavesAsAMapEntryByEntry) {
  std::mt19937 random(11);
  Model model;
  IntParts parts;
  for (int step = 0; step < 20'000; ++step) {
    const std::string name = NameOf(static_cast<int>(random() % 900));
    // Grows, then shrinks to nothing.
    if (random() % 20'000 < static_cast<uint32_t>(step)) {
      parts.Remove(name);
      model.erase(name);
    } else {
      parts.Put(name, std::make_shared<const int>(step));
      model[name] = step;
    }
    if (step % 1'000 == 0) EXPECT_EQ(ModelOf(parts), model) << "step " << step;
    if (step % 5'000 == 0) parts = MakeOf(model, &parts);
  }
  EXPECT_EQ(ModelOf(parts), model);
  for (int i = 0; i < 900; ++i) parts.Remove(NameOf(i));
  EXPECT_EQ(parts.chunk_count_for_test(), 0u);
}

TEST(PartsTest, OneNewPartSharesAllButOneChunk) {
  const IntParts before = MakeOf(Many(10'000), nullptr);
  IntParts after = before;
  after.Put("part-105000x", std::make_shared<const int>(-1));
  EXPECT_EQ(after.shared_chunks_for_test(before), before.chunk_count_for_test() - 1);
  EXPECT_EQ(before.Find("part-105000x"), nullptr);
  after.Remove("part-105000x");
  EXPECT_EQ(ModelOf(after), ModelOf(before));
}

// Random versions, each made over the last: contents and differences are those of plain maps.
TEST(PartsTest, BehavesAsAMap) {
  std::mt19937 random(7);
  Model model;
  IntParts parts;
  for (int round = 0; round < 200; ++round) {
    Model next = model;
    for (int i = 0; i < 40; ++i) {
      const std::string name = NameOf(static_cast<int>(random() % 600));
      if (random() % 3 == 0) {
        next.erase(name);
      } else {
        next[name] = static_cast<int>(random() % 3);
      }
    }
    const IntParts made = MakeOf(next, &parts);
    EXPECT_EQ(ModelOf(made), next);
    Model patched = model;
    IntParts::Diff(parts, made, [&](const std::string& name, const auto* old, const auto* now) {
      EXPECT_EQ(old != nullptr, model.contains(name));
      if (now == nullptr) {
        patched.erase(name);
      } else {
        EXPECT_TRUE(old == nullptr || **old != **now);
        patched[name] = **now;
      }
    });
    EXPECT_EQ(patched, next) << "round " << round;
    model = std::move(next);
    parts = made;
  }
}

}  // namespace
}  // namespace sluice::ir
