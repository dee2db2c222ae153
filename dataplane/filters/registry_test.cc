// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "dataplane/filters/chain/filter.h"

namespace sluice::filters {
namespace {

TEST(RegistryTest, FindsAFilterByTheMessageOfItsConfiguration) {
  const FilterType* cors = FindFilterType("envoy.extensions.filters.http.cors.v3.Cors");
  ASSERT_NE(cors, nullptr);
  EXPECT_EQ(cors->phase, Phase::kConnection);
  EXPECT_EQ(FindFilterType("envoy.extensions.filters.http.cors.v3.CorsPolicy"), nullptr);
}

}  // namespace
}  // namespace sluice::filters
