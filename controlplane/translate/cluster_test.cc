// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/cluster.h"

#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "gtest/gtest.h"

namespace sluice::translate {
namespace {

// Aim: no number of endpoints makes the weight of their locality wrap to a small one, or to zero,
// which a proxy refuses. Method: more weight in one zone than 32 bits hold, a little in another.
TEST(ClusterTest, WeightsOfLocalitiesFit32BitsTogether) {
  constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max();
  ir::Endpoints endpoints;
  endpoints.name = "Backend/shop/blue";
  for (int i = 0; i < 5000; ++i) {
    endpoints.endpoints.push_back({.address = absl::StrCat("10.0.", i / 250, ".", i % 250),
                                   .port = 80,
                                   .weight = 1'000'000,
                                   .zone = "a"});
  }
  endpoints.endpoints.push_back({.address = "10.1.0.1", .port = 80, .weight = 7, .zone = "b"});
  envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
  ASSERT_TRUE(assignment.ParseFromString(TranslateEndpoints(endpoints).value));
  ASSERT_EQ(assignment.endpoints_size(), 2);
  EXPECT_EQ(assignment.endpoints(0).load_balancing_weight().value(), kMost / 2);
  EXPECT_EQ(assignment.endpoints(1).load_balancing_weight().value(), 7u);
}

}  // namespace
}  // namespace sluice::translate
