// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/endpoints.h"

#include <gtest/gtest.h>

#include <string>

#include "dataplane/compile/text_proto.h"

namespace sluice::compile {
namespace {

using envoy::config::endpoint::v3::ClusterLoadAssignment;

constexpr char kTwoLocalities[] = R"(cluster_name: "c"
  endpoints { locality { region: "r" zone: "z1" } priority: 1 load_balancing_weight { value: 3 }
    lb_endpoints { load_balancing_weight { value: 7 } health_status: DRAINING endpoint {
      hostname: "h" address { socket_address { address: "10.0.0.1" port_value: 80 } } } }
    lb_endpoints { endpoint {
      address { socket_address { address: "10.0.0.1" port_value: 80 } } } } }
  endpoints { locality { zone: "z2" }
    lb_endpoints { health_status: TIMEOUT endpoint {
      address { socket_address { address: "::1" port_value: 81 } } } } }
  policy { overprovisioning_factor { value: 200 } })";

class CompileEndpointsTest : public testing::Test {
 protected:
  absl::StatusOr<config::EndpointSet> Compile(const std::string& text, EndpointRules rules = {}) {
    return CompileEndpoints(FromText<ClusterLoadAssignment>(text), "v1", rules, context_);
  }

  CompileOptions options_;
  CompileContext context_{options_};
};

TEST_F(CompileEndpointsTest, EndpointsAreTakenOverOnce) {
  const config::EndpointSet set = Compile(kTwoLocalities).value();
  EXPECT_EQ(set.version, "v1");
  EXPECT_EQ(set.overprovisioning_percent, 200u);
  ASSERT_EQ(set.endpoints.size(), 2u);
  EXPECT_EQ(set.endpoints[0].hostname, "h");
  EXPECT_EQ(set.endpoints[0].weight, 7u);
  EXPECT_EQ(set.endpoints[0].priority, 1u);
  EXPECT_EQ(set.endpoints[0].health, config::Health::kDraining);
  EXPECT_EQ(set.endpoints[0].zone, "z1");
  EXPECT_EQ(set.endpoints[0].locality_weight, 0u);
  EXPECT_EQ(set.endpoints[1].weight, 1u);
  EXPECT_EQ(set.endpoints[1].health, config::Health::kUnhealthy);
}

TEST_F(CompileEndpointsTest, LocalityWithoutWeightGetsNothingWhereWeightsCount) {
  const config::EndpointSet set = Compile(kTwoLocalities, {.locality_weighted = true}).value();
  ASSERT_EQ(set.endpoints.size(), 1u);
  EXPECT_EQ(set.endpoints[0].locality_weight, 3u);
}

TEST_F(CompileEndpointsTest, NameIsNoAddressUnlessDnsResolvesIt) {
  constexpr char kName[] = R"(cluster_name: "c" endpoints { lb_endpoints { endpoint {
    address { socket_address { address: "a.example" port_value: 80 } } } } })";
  EXPECT_EQ(Compile(kName).status().message(),
            "endpoints \"c\": endpoints[0].lb_endpoints[0].endpoint.address.socket_address."
            "address: \"a.example\" is no IP address");
  EXPECT_TRUE(Compile(kName, {.names = true}).ok());
}

}  // namespace
}  // namespace sluice::compile
