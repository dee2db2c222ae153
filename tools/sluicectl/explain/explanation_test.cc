// SPDX-License-Identifier: Apache-2.0
// From manifests to the answer, through the pipeline, the compiler and the router that serve.
#include "tools/sluicectl/explain/explanation.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "gtest/gtest.h"
#include "tools/sluicectl/offline.h"

namespace sluice::sluicectl {
namespace {

constexpr char kManifests[] = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: sluice}
spec: {controllerName: sluice.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: sluice
  addresses: [{value: 127.0.0.1}]
  listeners: [{name: http, protocol: HTTP, port: 8080}]
---
apiVersion: sluice.dev/v1alpha1
kind: Backend
metadata: {name: blue}
spec: {endpoints: [{address: 127.0.0.1, port: 9001}]}
---
apiVersion: sluice.dev/v1alpha1
kind: Backend
metadata: {name: green}
spec: {endpoints: [{address: 127.0.0.1, port: 9002}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: edge}]
  hostnames: [shop.example]
  rules:
  - matches: [{path: {type: PathPrefix, value: /cart}, headers: [{name: x-env, value: test}]}]
    backendRefs: [{group: sluice.dev, kind: Backend, name: green}]
  - matches: [{path: {type: PathPrefix, value: /cart}}]
    backendRefs:
    - {group: sluice.dev, kind: Backend, name: blue, weight: 3}
    - {group: sluice.dev, kind: Backend, name: green, weight: 1}
  - matches: [{path: {type: PathPrefix, value: /old}}]
    filters:
    - type: RequestRedirect
      requestRedirect: {scheme: https, statusCode: 301}
  - matches: [{path: {type: PathPrefix, value: /lost}}]
    backendRefs: [{name: nowhere, port: 80}]
)";

class ExplanationTest : public ::testing::Test {
 protected:
  ExplanationTest() {
    const OfflineObjects read = ReadOffline({{"test.yaml", kManifests}}, "");
    EXPECT_TRUE(read.problems.empty());
    translate::Pipeline pipeline([](auto, auto) { return std::string(); });
    pipeline.Apply(read.set, store::DiffOf(store::ObjectSet(), *read.set));
    std::vector<XdsResource> resources;
    for (const auto& [key, output] : pipeline.gateways()) {
      for (const auto& [type_url, map] : output->resources.types()) {
        map.ForEach([&](const xdsserver::ResourcePtr& resource) {
          resources.push_back({type_url, resource->name, *resource->value});
        });
      }
    }
    compiled_ = CompileGateway(resources);
    EXPECT_TRUE(compiled_.problems.empty()) << compiled_.problems[0];
  }

  Explanation Explain(const std::string& path, std::vector<std::string> headers = {}) {
    headers.push_back("Host: shop.example");
    const auto request =
        ParseRequestText("GET", absl::StrCat("http://127.0.0.1:8080", path), headers);
    return ExplainRequest("default/edge", compiled_, *request, 50).value();
  }

  CompiledGateway compiled_;
};

TEST_F(ExplanationTest, TheWinnerHasItsClustersSharesAndEndpoints) {
  const Explanation told = Explain("/cart/1");
  EXPECT_TRUE(told.is_found);
  ASSERT_EQ(told.clusters.size(), 2u);
  EXPECT_EQ(told.clusters[0].percent, 75);
  ASSERT_EQ(told.clusters[0].endpoints.size(), 1u);
  EXPECT_EQ(told.clusters[0].endpoints[0].address, "127.0.0.1:9001");
}

TEST_F(ExplanationTest, ALoserSaysWhy) {
  const Explanation told = Explain("/cart/1");
  bool is_told = false;
  for (const ExplainedCandidate& candidate : told.candidates) {
    if (!candidate.won && candidate.reason.find("x-env") != std::string::npos) is_told = true;
  }
  EXPECT_TRUE(is_told);
  EXPECT_EQ(Explain("/cart/1", {"x-env: test"}).clusters[0].endpoints[0].address, "127.0.0.1:9002");
}

TEST_F(ExplanationTest, ARedirectAndAnAnswerAreActionsToo) {
  EXPECT_EQ(Explain("/old/x").action, "redirect with 301, scheme https, port 443");
  EXPECT_EQ(Explain("/lost").action, "answer 500");
}

TEST_F(ExplanationTest, NoRouteIsSaidWithItsHost) {
  const Explanation told = Explain("/none");
  EXPECT_FALSE(told.is_found);
  EXPECT_EQ(told.virtual_host, "shop.example");
}

TEST_F(ExplanationTest, AnAmbiguousPathDoesNotReachTheRoutes) {
  EXPECT_NE(Explain("/cart%2f..%2fadmin").refusal, "");
}

TEST_F(ExplanationTest, AnotherPortIsAnotherGateways) {
  const auto request = ParseRequestText("GET", "http://127.0.0.1:81/", {});
  EXPECT_FALSE(ExplainRequest("default/edge", compiled_, *request, 50).has_value());
}

TEST_F(ExplanationTest, TlsOnAPlainPortIsRefused) {
  const auto request = ParseRequestText("GET", "https://shop.example:8080/", {});
  EXPECT_NE(ExplainRequest("default/edge", compiled_, *request, 50)->refusal, "");
}

}  // namespace
}  // namespace sluice::sluicectl
