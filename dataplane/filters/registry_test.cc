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

TEST(RegistryTest, WhoCallsIsKnownBeforeWhatTheyMay) {
  const FilterType* identify = FindFilterType("sluice.identity.v1.Identify");
  const FilterType* rbac = FindFilterType("envoy.extensions.filters.http.rbac.v3.RBAC");
  ASSERT_NE(identify, nullptr);
  ASSERT_NE(rbac, nullptr);
  EXPECT_LT(identify->phase, rbac->phase);
}

TEST(RegistryTest, LimitsComeBehindAuthorization) {
  const FilterType* limit = FindFilterType("sluice.limits.v1.Limit");
  ASSERT_NE(limit, nullptr);
  EXPECT_GT(limit->phase, Phase::kAuthorize);
}

}  // namespace
}  // namespace sluice::filters
