// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/explain/policy_chain.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tools/sluicectl/offline.h"

namespace sluice::sluicectl {
namespace {

constexpr char kManifests[] = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: sluice
  listeners:
  - {name: any, protocol: HTTP, port: 8080}
  - {name: admin, protocol: HTTP, port: 8080, hostname: "*.admin.example"}
  - {name: tls, protocol: HTTPS, port: 8443, tls: {certificateRefs: [{name: c}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: edge}]
  rules: [{name: pay, backendRefs: [{name: s, port: 80}]}, {backendRefs: [{name: s, port: 80}]}]
---
apiVersion: sluice.dev/v1alpha1
kind: AuthPolicy
metadata: {name: whole}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]
  identify: {anonymous: true}
  authorize: {rules: [{name: a, action: Allow}]}
---
apiVersion: sluice.dev/v1alpha1
kind: AuthPolicy
metadata: {name: listener}
spec:
  targetRefs:
  - {group: gateway.networking.k8s.io, kind: Gateway, name: edge, sectionName: admin}
  - {group: gateway.networking.k8s.io, kind: Gateway, name: edge, sectionName: tls}
  authorize: {rules: [{name: a, action: Deny}]}
---
apiVersion: sluice.dev/v1alpha1
kind: AuthPolicy
metadata: {name: rule}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop, sectionName: pay}]
  mode: Shadow
  identify: {anonymous: true}
---
apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: {name: limit}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop}]
  limits: [{name: a, requests: 1, window: 1s}]
)";

class PolicyChainTest : public ::testing::Test {
 protected:
  std::vector<ExplainedFilter> Explain(const std::string& chain, const std::string& host, int rule,
                                       uint16_t port = 8080) {
    const OfflineObjects read = ReadOffline({{"test.yaml", kManifests}}, "");
    for (const manifest::Problem& problem : read.problems) ADD_FAILURE() << problem.ToString();
    Explanation told{
        .gateway = "default/edge", .filter_chain = chain, .is_found = true, .virtual_host = host};
    told.route = "HTTPRoute/default/shop/rule/" + std::to_string(rule) + "/match/0";
    told.filters = {"envoy.filters.http.cors", "sluice.filters.identify",
                    "sluice.filters.authorize.deny", "sluice.filters.authorize.allow",
                    "sluice.filters.limit"};
    EXPECT_TRUE(HasPolicyFilters(told));
    return ExplainChain(*read.set, told, port);
  }
};

TEST_F(PolicyChainTest, EachPartComesFromItsNearestPlace) {
  const auto chain = Explain("http/8080", "*", 0);
  ASSERT_EQ(chain.size(), 5u);
  EXPECT_EQ(chain[0].phase, "connection");
  EXPECT_EQ(chain[0].policy, "");
  EXPECT_EQ(chain[1].policy, "AuthPolicy default/rule");
  EXPECT_EQ(chain[1].from, "HTTPRoute default/shop, rule pay");
  EXPECT_EQ(chain[1].mode, "Shadow");
  EXPECT_EQ(chain[1].overrides,
            (std::vector<std::string>{"AuthPolicy default/whole of Gateway default/edge"}));
  EXPECT_EQ(chain[2].policy, "AuthPolicy default/whole");
  EXPECT_EQ(chain[3].policy, "AuthPolicy default/whole");
  EXPECT_EQ(chain[4].policy, "RateLimitPolicy default/limit");
  EXPECT_EQ(chain[4].from, "HTTPRoute default/shop");
  EXPECT_EQ(chain[4].mode, "Enforce");
}

TEST_F(PolicyChainTest, ARuleWithoutThatNameHasTheWidersWord) {
  EXPECT_EQ(Explain("http/8080", "*", 1)[1].policy, "AuthPolicy default/whole");
}

TEST_F(PolicyChainTest, AVirtualHostBelongsToItsClosestListener) {
  const auto chain = Explain("http/8080", "a.admin.example", 1);
  EXPECT_EQ(chain[2].policy, "AuthPolicy default/listener");
  EXPECT_EQ(chain[2].from, "Gateway default/edge, listener admin");
  EXPECT_EQ(chain[2].overrides,
            (std::vector<std::string>{"AuthPolicy default/whole of Gateway default/edge"}));
}

TEST_F(PolicyChainTest, AChainWithTlsIsItsListeners) {
  EXPECT_EQ(Explain("https/8443/tls", "*", 1, 8443)[2].from, "Gateway default/edge, listener tls");
}

TEST_F(PolicyChainTest, WithoutPolicyFiltersThereIsNothingToLookUp) {
  Explanation told;
  told.filters = {"envoy.filters.http.cors", "somebody.elses"};
  EXPECT_FALSE(HasPolicyFilters(told));
  const auto chain = ExplainChain(store::ObjectSet(), told, 80);
  ASSERT_EQ(chain.size(), 2u);
  EXPECT_EQ(chain[1].phase, "");
}

}  // namespace
}  // namespace sluice::sluicectl
