// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/header_map.h"

#include "gtest/gtest.h"

namespace sluice::http {
namespace {

TEST(HeaderIdTest, EveryKnownNameFindsItself) {
  for (int i = 1; i < static_cast<int>(HeaderId::kCount); ++i) {
    const HeaderId id = static_cast<HeaderId>(i);
    EXPECT_EQ(FindHeaderId(HeaderName(id)), id) << HeaderName(id);
  }
  EXPECT_EQ(FindHeaderId("x-unheard-of"), HeaderId::kOther);
  EXPECT_EQ(FindHeaderId(""), HeaderId::kOther);
}

TEST(HeaderMapTest, SetReplacesEveryCopyInPlaceOfTheFirst) {
  HeaderMap map;
  map.Add("a", "1");
  map.Add("x-role", "user");
  map.Add("b", "2");
  map.Add("x-role", "admin");
  map.Set("x-role", "none");
  ASSERT_EQ(map.size(), 3u);
  EXPECT_EQ(map.begin()[1].value, "none");
  EXPECT_EQ(map.Count("x-role"), 1u);
}

TEST(HeaderMapTest, KnownNamesAreTheSameByNameAndById) {
  HeaderMap map;
  map.Add("content-type", "text/plain");
  EXPECT_EQ(map.Get(HeaderId::kContentType), "text/plain");
  EXPECT_EQ(map.Remove(HeaderId::kContentType), 1u);
  EXPECT_EQ(map.Find("content-type"), nullptr);
}

TEST(HeaderMapTest, WireSizeCountsThirtyTwoAField) {
  HeaderMap map;
  map.Add("ab", "cde");
  map.Add("f", "");
  EXPECT_EQ(map.WireSize(), 5u + 32 + 1 + 32);
}

}  // namespace
}  // namespace sluice::http
