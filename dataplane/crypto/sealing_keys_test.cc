// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/sealing_keys.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::crypto {
namespace {

SealingKeys::Key MakeKey(uint32_t id) {
  return {.id = id, .bytes = std::string(SealingKeys::kKeyBytes, static_cast<char>(id))};
}

SealingKeys MakeKeys(const std::vector<uint32_t>& ids) {
  std::vector<SealingKeys::Key> keys;
  for (const uint32_t id : ids) keys.push_back(MakeKey(id));
  return SealingKeys::Make(keys).value();
}

TEST(SealingKeysTest, WhatIsSealedOpensInItsContext) {
  const SealingKeys keys = MakeKeys({7});
  const auto sealed = keys.Seal("state", "cookie a");
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed->size(), 5 + SealingKeys::kOverheadBytes);
  EXPECT_EQ(sealed->find("state"), std::string::npos);
  EXPECT_EQ(keys.Open(*sealed, "cookie a"), "state");
  EXPECT_EQ(keys.Open(*sealed, "cookie b"), std::nullopt);
  EXPECT_EQ(keys.Open(keys.Seal("", "").value(), ""), "");
}

TEST(SealingKeysTest, NoTwoPiecesAreAlike) {
  const SealingKeys keys = MakeKeys({7});
  EXPECT_NE(keys.Seal("state", ""), keys.Seal("state", ""));
}

TEST(SealingKeysTest, ANewKeyInFrontSealsAndOldOnesStillOpen) {
  const SealingKeys old_keys = MakeKeys({1});
  const SealingKeys new_keys = MakeKeys({2, 1});
  const std::string from_old = old_keys.Seal("state", "").value();
  EXPECT_EQ(new_keys.Open(from_old, ""), "state");
  EXPECT_EQ(old_keys.Open(new_keys.Seal("state", "").value(), ""), std::nullopt);
  EXPECT_EQ(MakeKeys({2}).Open(from_old, ""), std::nullopt);
}

TEST(SealingKeysTest, AnyChangedBitIsNoticed) {
  const SealingKeys keys = MakeKeys({1, 2});
  const std::string sealed = keys.Seal("state", "").value();
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(keys.Open(changed, ""), std::nullopt) << bit;
  }
}

TEST(SealingKeysTest, AnyTruncationIsNoticed) {
  const SealingKeys keys = MakeKeys({1});
  const std::string sealed = keys.Seal("state", "").value();
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(keys.Open(sealed.substr(0, size), ""), std::nullopt) << size;
  }
  EXPECT_EQ(keys.Open(sealed + '\0', ""), std::nullopt);
}

TEST(SealingKeysTest, SizesAreBounded) {
  const SealingKeys keys = MakeKeys({1});
  const std::string most(SealingKeys::kMaxPlainBytes, 'x');
  EXPECT_EQ(keys.Open(keys.Seal(most, "").value(), ""), most);
  EXPECT_EQ(keys.Seal(most + 'x', ""), std::nullopt);
  EXPECT_EQ(keys.Open(std::string(1 << 20, '\1'), ""), std::nullopt);
}

TEST(SealingKeysTest, BadKeysAreRefusedWithoutBeingShown) {
  EXPECT_FALSE(SealingKeys::Make({}).ok());
  EXPECT_FALSE(SealingKeys::Make({MakeKey(1), MakeKey(1)}).ok());
  EXPECT_FALSE(SealingKeys::Make(std::vector<SealingKeys::Key>(9, MakeKey(1))).ok());
  const auto made = SealingKeys::Make({{.id = 3, .bytes = "hunter2"}});
  EXPECT_EQ(made.status().message(), "sealing key 3 has 7 bytes; it must have 32");
}

}  // namespace
}  // namespace sluice::crypto
