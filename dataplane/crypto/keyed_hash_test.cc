// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/keyed_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::crypto {
namespace {

// The paper's vector: key 00..0f, text 00..0e.
TEST(KeyedHashTest, HashesAsSipHashDoes) {
  const KeyedHash::Key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908, 0x0706050403020100,
                              0x0f0e0d0c0b0a0908};
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  const Hash128 hash = KeyedHash(key).Hash(text);
  EXPECT_EQ(hash.low, 0xa129ca6149be45e5u);
  EXPECT_EQ(hash.high, hash.low);
}

TEST(KeyedHashTest, BothHalvesDependOnTextAndKey) {
  const KeyedHash one(KeyedHash::RandomKey());
  const KeyedHash other(KeyedHash::RandomKey());
  EXPECT_EQ(one.Hash("a"), one.Hash("a"));
  EXPECT_NE(one.Hash("a").low, one.Hash("b").low);
  EXPECT_NE(one.Hash("a").high, one.Hash("b").high);
  EXPECT_NE(one.Hash("a").low, one.Hash("a").high);
  EXPECT_NE(one.Hash("a"), other.Hash("a"));
  EXPECT_NE(one.Hash(std::string_view("a\0", 2)), one.Hash("a"));
  EXPECT_EQ(one.Hash(""), one.Hash({}));
}

}  // namespace
}  // namespace sluice::crypto
