// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::base {
namespace {

constexpr std::string_view kNames[] = {"backendRefs", "filters", "matches", "timeouts"};

TEST(NearestNameTest, FindsWhatWasMeant) {
  EXPECT_EQ(NearestName("backendRef", kNames), "backendRefs");
  EXPECT_EQ(NearestName("mathces", kNames), "matches");
  EXPECT_EQ(NearestName("BACKENDREFS", kNames), "backendRefs");
  EXPECT_EQ(NearestName("filter", kNames), "filters");
  EXPECT_EQ(NearestName("match", kNames), "matches");
  EXPECT_EQ(NearestName("Refs", kNames), "backendRefs");
}

TEST(NearestNameTest, FarNamesHaveNoNeighbour) {
  EXPECT_EQ(NearestName("zone", kNames), "");
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName(std::string(65, 'f'), kNames), "");
}

}  // namespace
}  // namespace sluice::base
