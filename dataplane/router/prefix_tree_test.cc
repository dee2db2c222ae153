// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/prefix_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::router {
namespace {

std::vector<size_t> PrefixSizes(const PrefixTree& tree, std::string_view text) {
  std::vector<size_t> sizes;
  tree.VisitPrefixes(text, [&](uint32_t, size_t size) { sizes.push_back(size); });
  return sizes;
}

TEST(PrefixTreeTest, FindsEveryKeyTheTextBeginsWith) {
  PrefixTree tree;
  for (const char* key : {"/shop/cart", "/", "/shop", "/shopping", "/s", "/x"}) tree.Insert(key);
  EXPECT_EQ(PrefixSizes(tree, "/shop/cart/1"), (std::vector<size_t>{1, 2, 5, 10}));
  EXPECT_EQ(PrefixSizes(tree, "/shoppi"), (std::vector<size_t>{1, 2, 5}));
  EXPECT_EQ(PrefixSizes(tree, ""), std::vector<size_t>{});
}

TEST(PrefixTreeTest, EmptyKeyIsAPrefixOfAll) {
  PrefixTree tree;
  tree.Insert("");
  EXPECT_EQ(PrefixSizes(tree, ""), std::vector<size_t>{0});
  EXPECT_EQ(PrefixSizes(tree, "a"), std::vector<size_t>{0});
}

TEST(PrefixTreeTest, SlotsAreNumberedInOrderOfFirstInsertion) {
  PrefixTree tree;
  EXPECT_EQ(tree.Insert("abc"), 0u);
  EXPECT_EQ(tree.Insert("ab"), 1u);
  EXPECT_EQ(tree.Insert("abc"), 0u);
  EXPECT_EQ(tree.Insert("abd"), 2u);
  EXPECT_EQ(tree.size(), 3u);
}

TEST(PrefixTreeTest, BytesAboveAsciiAreKeysLikeOthers) {
  PrefixTree tree;
  tree.Insert("\xff\xfe");
  tree.Insert("\x7f");
  EXPECT_EQ(PrefixSizes(tree, "\xff\xfe\x01"), std::vector<size_t>{2});
}

}  // namespace
}  // namespace sluice::router
