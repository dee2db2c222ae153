// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/pipeline/pipeline.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "controlplane/translate/pipeline/offline_for_test.h"
#include "controlplane/xdsserver/type_urls.h"
#include "gtest/gtest.h"

namespace sluice::translate {
namespace {

using manifest::ObjectKey;

std::string Gateway(std::string_view name, std::string_view more = "") {
  return absl::StrCat(R"(---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: )",
                      name, R"(}
spec:
  gatewayClassName: sluice
  listeners: [{name: http, protocol: HTTP, port: 8080)",
                      more, "}]\n");
}

std::string Route(std::string_view name, std::string_view gateway, std::string_view service) {
  return absl::StrCat(R"(---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: )",
                      name, R"(}
spec:
  parentRefs: [{name: )",
                      gateway, R"(}]
  rules: [{matches: [{path: {value: /)",
                      name, R"(}}], backendRefs: [{name: )", service, ", port: 80}]}]\n");
}

std::string Service(std::string_view name) {
  return absl::StrCat("---\napiVersion: v1\nkind: Service\nmetadata: {name: ", name,
                      "}\nspec: {ports: [{port: 80}]}\n");
}

std::string Slice(std::string_view service, std::string_view address) {
  return absl::StrCat(R"(---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: )",
                      service, R"(-1, labels: {kubernetes.io/service-name: )", service, R"(}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [)",
                      address, "]}]\n");
}

constexpr std::string_view kClass = R"(---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: sluice}
spec: {controllerName: sluice.dev/gateway-controller}
)";

const ObjectKey kG1{"Gateway", "default", "g1"};
const ObjectKey kG2{"Gateway", "default", "g2"};

// Two Gateways with two routes each; the first routes share Service s.
class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    Put(absl::StrCat(kClass, Gateway("g1"), Gateway("g2"), Route("r1", "g1", "s"),
                     Route("r2", "g1", "t"), Route("r3", "g2", "s"), Route("r4", "g2", "t"),
                     Service("s"), Service("t"), Slice("s", "10.0.0.1"), Slice("t", "10.0.0.2")));
  }

  Output Put(std::string_view yaml) { return Move(SetForTest(ObjectsForTest(yaml), *now_)); }

  Output Delete(const ObjectKey& key) {
    store::ObjectSetBuilder builder(*now_);
    builder.Delete(key);
    return Move(std::move(builder).Build());
  }

  Output Move(std::shared_ptr<const store::ObjectSet> next) {
    const store::Delta delta = store::DiffOf(*now_, *next);
    now_ = next;
    return pipeline_.Apply(std::move(next), delta);
  }

  const xdsserver::ResourceSet& Resources(const ObjectKey& key) {
    return pipeline_.gateways().at(key)->resources;
  }

  Pipeline pipeline_{KeyPairCheckForTest};
  std::shared_ptr<const store::ObjectSet> now_ = std::make_shared<store::ObjectSet>();
};

TEST_F(PipelineTest, EndpointsGoStraightToEds) {
  const xdsserver::ResourceSet before = Resources(kG1);
  const Output output = Put(Slice("s", "10.0.0.9"));
  EXPECT_EQ(output.resolved, (resolve::WorkDone{.endpoints = 1}));
  EXPECT_EQ(output.translated, (WorkDone{.endpoints = 2}));
  EXPECT_EQ(output.gateways.size(), 2u);
  EXPECT_TRUE(output.verdicts.empty());
  for (const auto& [type_url, resources] : Resources(kG1).types()) {
    EXPECT_EQ(resources.IsSame(before.OfType(type_url)), type_url != xdsserver::kEndpointType)
        << type_url;
  }
}

TEST_F(PipelineTest, RouteIsResolvedAloneAndForItsGatewayOnly) {
  const Output output = Put(Route("r1", "g1", "t"));
  EXPECT_EQ(output.resolved.routes, 1);
  EXPECT_EQ(output.resolved.frames, 0);
  EXPECT_EQ(output.resolved.gateways, 1);
  EXPECT_EQ(output.resolved.endpoints, 0);
  ASSERT_EQ(output.gateways.size(), 1u);
  EXPECT_EQ(output.gateways.begin()->first, kG1);
  EXPECT_EQ(Resources(kG1).OfType(xdsserver::kClusterType).Find("Service/default/s/80"), nullptr);
  EXPECT_NE(Resources(kG2).OfType(xdsserver::kClusterType).Find("Service/default/s/80"), nullptr);
}

TEST_F(PipelineTest, RouteThatMovesIsGoneFromItsOldGateway) {
  Put(Route("r1", "g2", "s"));
  EXPECT_EQ(pipeline_.verdicts().at(kG1).listeners[0].attached_routes, 1);
  EXPECT_EQ(pipeline_.verdicts().at(kG2).listeners[0].attached_routes, 3);
}

TEST_F(PipelineTest, UnrelatedObjectCostsNothing) {
  const Output output = Put(absl::StrCat(Service("u"), Slice("u", "10.0.0.3")));
  EXPECT_EQ(output.resolved, resolve::WorkDone());
  EXPECT_TRUE(output.gateways.empty());
}

TEST_F(PipelineTest, WhatWasMissingIsSeenWhenItComes) {
  Put(Route("r1", "g1", "late"));
  const ObjectKey r1{"HTTPRoute", "default", "r1"};
  EXPECT_FALSE(resolve::IsClean(pipeline_.verdicts().at(r1)));
  const Output output = Put(Service("late"));
  EXPECT_EQ(output.resolved.routes, 1);
  EXPECT_TRUE(resolve::IsClean(pipeline_.verdicts().at(r1)));
}

TEST_F(PipelineTest, PolicyOnAServiceIsAppliedToTheRoutesThatGoThere) {
  const Output output = Put(R"(
apiVersion: sluice.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: p}
spec: {targetRefs: [{group: "", kind: Service, name: s}], limits: {maxConnections: 3}}
)");
  EXPECT_EQ(output.resolved.routes, 2);
  EXPECT_EQ(output.resolved.policies, 1);
  EXPECT_EQ(output.translated, (WorkDone{.backends = 2}));
}

// What the nearer policy does not say is the farther one's to say, within a group of settings too.
TEST_F(PipelineTest, TrafficPoliciesAreMergedSettingBySetting) {
  Put(R"(---
apiVersion: sluice.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: far}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g1}]
  connectionPool: {maxRequestsPerConnection: 9, tcpKeepalive: {probes: 3}}
  http: {version: HTTP2}
  loadBalancing: {type: LeastRequest}
---
apiVersion: sluice.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: near}
spec:
  targetRefs: [{group: "", kind: Service, name: s}]
  connectionPool: {idleTimeout: 60s, tcpKeepalive: {idle: 10s}}
  http: {http2: {maxConcurrentStreams: 7}}
)");
  const auto* part = pipeline_.gateways().at(kG1)->gateway->backends.Find("Service/default/s/80");
  ASSERT_NE(part, nullptr);
  ir::BackendTraffic wanted;
  wanted.max_requests_per_connection = 9;
  wanted.keepalive = ir::TcpKeepalive{.probes = 3, .idle_seconds = 10};
  wanted.version = ir::BackendTraffic::Version::kHttp2;
  wanted.balancing = ir::BackendTraffic::Balancing::kLeastRequest;
  wanted.idle_timeout = absl::Seconds(60);
  wanted.http2_max_streams = 7;
  EXPECT_EQ((*part)->traffic, wanted);
}

TEST_F(PipelineTest, ClientPoliciesAreMergedSettingBySetting) {
  Put(R"(---
apiVersion: sluice.dev/v1alpha1
kind: ClientPolicy
metadata: {name: far}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g1}]
  path: {mergeSlashes: true}
  tls: {groups: [P-256]}
---
apiVersion: sluice.dev/v1alpha1
kind: ClientPolicy
metadata: {name: near}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g1, sectionName: http}]
  path: {escapedSlashes: Keep}
  tls: {minVersion: "1.3"}
)");
  const ir::Gateway& gateway = *pipeline_.gateways().at(kG1)->gateway;
  ir::ClientSettings wanted;
  wanted.merge_slashes = true;
  wanted.groups = {"P-256"};
  wanted.escaped_slashes = ir::ClientSettings::EscapedSlashes::kKeep;
  wanted.tls_min_version = "1.3";
  EXPECT_EQ(gateway.ports.at(0)->listeners.at(0).client, wanted);
}

TEST_F(PipelineTest, NearerPolicyWinsWhereTwoLeaveNoTlsVersion) {
  const auto policy = [](std::string_view name, std::string_view section, std::string_view tls) {
    return absl::StrCat(
        "---\napiVersion: sluice.dev/v1alpha1\nkind: ClientPolicy\nmetadata: {name: ", name,
        "}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, "
        "name: g1",
        section, "}], tls: {", tls, "}}\n");
  };
  constexpr std::string_view kListener = ", sectionName: http";
  const auto versions = [this] {
    const ir::ClientSettings& client =
        pipeline_.gateways().at(kG1)->gateway->ports.at(0)->listeners.at(0).client;
    return absl::StrCat(client.tls_min_version, " to ", client.tls_max_version);
  };
  Put(absl::StrCat(policy("far", "", R"(maxVersion: "1.2")"),
                   policy("near", kListener, R"(minVersion: "1.3")")));
  EXPECT_EQ(versions(), "1.3 to 1.3");
  Put(absl::StrCat(policy("far", "", R"(minVersion: "1.3")"),
                   policy("near", kListener, R"(maxVersion: "1.2")")));
  EXPECT_EQ(versions(), "1.2 to 1.2");
}

// HTTP/3's UDP port has the number of the TCP one; which of them stands first says nothing.
TEST_F(PipelineTest, TcpPortServesThoughUdpHasTheSameNumber) {
  const std::string slice = R"(---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: s-1, labels: {kubernetes.io/service-name: s}}
addressType: IPv4
ports: [{name: quic, port: 8443, protocol: UDP}, {name: web, port: 8080}]
endpoints: [{addresses: [10.0.0.1]}]
)";
  constexpr std::string_view kQuic = "{name: quic, port: 80, protocol: UDP}";
  constexpr std::string_view kWeb = "{name: web, port: 80}";
  for (const auto& [first, second] : {std::pair(kQuic, kWeb), std::pair(kWeb, kQuic)}) {
    Put(absl::StrCat(slice,
                     "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [",
                     first, ", ", second, "]}\n"));
    EXPECT_TRUE(resolve::IsClean(pipeline_.verdicts().at({"HTTPRoute", "default", "r1"}))) << first;
    const auto* part =
        pipeline_.gateways().at(kG1)->gateway->endpoints.Find("Service/default/s/80");
    ASSERT_NE(part, nullptr);
    ASSERT_EQ((*part)->endpoints.size(), 1u);
    EXPECT_EQ((*part)->endpoints[0].port, 8080);
  }
}

// As `openssl ecparam -genkey` writes a key, and as people keep both in one file.
TEST_F(PipelineTest, CertificateAndKeyMayStandBehindOtherBlocks) {
  Put(R"(---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g1}
spec:
  gatewayClassName: sluice
  listeners: [{name: https, protocol: HTTPS, port: 8443, tls: {certificateRefs: [{name: c}]}}]
---
apiVersion: v1
kind: Secret
metadata: {name: c}
type: kubernetes.io/tls
stringData:
  tls.crt: |
    -----BEGIN PRIVATE KEY-----
    AAAA
    -----END PRIVATE KEY-----
    -----BEGIN CERTIFICATE-----
    AAAA
    -----END CERTIFICATE-----
  tls.key: |
    -----BEGIN EC PARAMETERS-----
    AAAA
    -----END EC PARAMETERS-----
    -----BEGIN EC PRIVATE KEY-----
    AAAA
    -----END EC PRIVATE KEY-----
)");
  EXPECT_TRUE(resolve::IsClean(pipeline_.verdicts().at(kG1)));
  EXPECT_TRUE(pipeline_.gateways().at(kG1)->gateway->certificates.contains("Secret/default/c"));
}

TEST_F(PipelineTest, ListenersOfAGatewayThatCannotBindAreNotProgrammed) {
  Put(R"(---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g1}
spec:
  gatewayClassName: sluice
  addresses: [{type: Hostname, value: a.example}]
  listeners: [{name: http, protocol: HTTP, port: 8080}]
)");
  EXPECT_TRUE(pipeline_.gateways().at(kG1)->gateway->ports.empty());
  const auto& conditions = pipeline_.verdicts().at(kG1).listeners.at(0).conditions;
  const auto programmed = std::find_if(conditions.begin(), conditions.end(),
                                       [](const auto& c) { return c.type == "Programmed"; });
  ASSERT_NE(programmed, conditions.end());
  EXPECT_EQ(programmed->status, resolve::Condition::Status::kFalse);
}

TEST_F(PipelineTest, GatewayThatGoesLeavesNothingBehind) {
  const Output output = Delete(kG1);
  ASSERT_TRUE(output.gateways.contains(kG1));
  EXPECT_EQ(output.gateways.at(kG1), nullptr);
  EXPECT_FALSE(pipeline_.gateways().contains(kG1));
  EXPECT_FALSE(pipeline_.verdicts().contains(kG1));
  const auto& route = pipeline_.verdicts().at({"HTTPRoute", "default", "r1"});
  EXPECT_EQ(route.parents.at(0).conditions.at(0).reason, "NoMatchingParent");
}

TEST_F(PipelineTest, ClassThatGoesTakesItsGateways) {
  const Output output = Delete({"GatewayClass", "", "sluice"});
  EXPECT_EQ(output.gateways.size(), 2u);
  EXPECT_TRUE(pipeline_.gateways().empty());
  Put(kClass);
  EXPECT_EQ(pipeline_.gateways().size(), 2u);
}

TEST_F(PipelineTest, RefusalIsMappedToObjectAndField) {
  const ir::Gateway& gateway = *pipeline_.gateways().at(kG1)->gateway;
  const ir::ObjectId route{"HTTPRoute", "default", "r1"};
  EXPECT_EQ(SourceOf(gateway, xdsserver::kRouteType, "http/8080",
                     "route HTTPRoute/default/r1/rule/0/match/0: regex is bad"),
            (ir::Source{route, "spec.rules[0].matches[0]"}));
  EXPECT_EQ(SourceOf(gateway, xdsserver::kListenerType, "8080/0.0.0.0", "cannot bind"),
            (ir::Source{gateway.id, "spec.listeners[0]"}));
  EXPECT_EQ(SourceOf(gateway, xdsserver::kClusterType, "Service/default/s/80", "").object,
            (ir::ObjectId{"Service", "default", "s"}));
  EXPECT_EQ(SourceOf(gateway, xdsserver::kClusterType, "unknown", ""),
            (ir::Source{gateway.id, ""}));
}

std::string Consumer(std::string_view name, std::string_view more) {
  return absl::StrCat("---\napiVersion: sluice.dev/v1alpha1\nkind: Consumer\nmetadata: {name: ",
                      name, "}\nspec: {", more, "}\n");
}

std::string AuthPolicy(std::string_view kind, std::string_view name, std::string_view spec) {
  return absl::StrCat(R"(---
apiVersion: sluice.dev/v1alpha1
kind: AuthPolicy
metadata: {name: auth}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: )",
                      kind, ", name: ", name, "}]\n  ", spec, "\n");
}

constexpr std::string_view kKeys =
    "identify: {methods: [{name: k, type: APIKey, apiKey: {from: [{header: x-api-key}]}}]}";

// The same, where g1 asks for API keys and there are three consumers.
class ConsumerTest : public PipelineTest {
 protected:
  ConsumerTest() {
    Put(absl::StrCat(AuthPolicy("Gateway", "g1", kKeys), Consumer("a", "groups: [x]"),
                     Consumer("b", "groups: [y]"), Consumer("c", "")));
  }

  const xdsserver::ResourceMap& Consumers(const ObjectKey& gateway) {
    return Resources(gateway).OfType(xdsserver::kConsumerType);
  }
};

TEST_F(ConsumerTest, GoToTheProxiesWhosePoliciesLookForThem) {
  EXPECT_EQ(Consumers(kG1).size(), 3u);
  EXPECT_EQ(Consumers(kG2).size(), 0u);
}

TEST_F(ConsumerTest, OneThatChangesCostsOne) {
  const xdsserver::ResourceSet before = Resources(kG1);
  const Output output = Put(Consumer("b", "groups: [z]"));
  EXPECT_EQ(output.resolved, (resolve::WorkDone{.consumers = 1}));
  EXPECT_EQ(output.translated, (WorkDone{.consumers = 1}));
  ASSERT_EQ(output.gateways.size(), 1u);
  EXPECT_EQ(output.gateways.begin()->first, kG1);
  for (const auto& [type_url, resources] : Resources(kG1).types()) {
    EXPECT_EQ(resources.IsSame(before.OfType(type_url)), type_url != xdsserver::kConsumerType)
        << type_url;
  }
}

TEST_F(ConsumerTest, OneThatComesOrGoesCostsOne) {
  EXPECT_EQ(Put(Consumer("d", "")).translated, (WorkDone{.consumers = 1}));
  EXPECT_EQ(Consumers(kG1).size(), 4u);
  const Output output = Delete({"Consumer", "default", "a"});
  EXPECT_EQ(output.resolved, resolve::WorkDone());
  EXPECT_EQ(output.dropped_verdicts.size(), 1u);
  EXPECT_EQ(Consumers(kG1).size(), 3u);
  EXPECT_EQ(Consumers(kG1).Find("default/a"), nullptr);
}

TEST_F(ConsumerTest, GoWithThePolicyAndComeBackWithIt) {
  Delete({"AuthPolicy", "default", "auth"});
  EXPECT_EQ(Consumers(kG1).size(), 0u);
  // While nobody asks for them a change reaches nobody.
  EXPECT_TRUE(Put(Consumer("a", "groups: [later]")).gateways.empty());
  Put(AuthPolicy("HTTPRoute", "r3", kKeys));
  EXPECT_EQ(Consumers(kG1).size(), 0u);
  EXPECT_EQ(Consumers(kG2).size(), 3u);
}

TEST_F(ConsumerTest, AreNotNeededWhereNobodyIsAsked) {
  Put(AuthPolicy("Gateway", "g1", "identify: {anonymous: true}"));
  EXPECT_EQ(Consumers(kG1).size(), 0u);
}

TEST_F(ConsumerTest, AKeyFollowsItsSecret) {
  constexpr std::string_view kSecret =
      "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: ";
  Put(Consumer("a", "apiKeys: [{name: k, secretRef: {name: s}}]"));
  const ObjectKey a{"Consumer", "default", "a"};
  EXPECT_FALSE(resolve::IsClean(pipeline_.verdicts().at(a)));
  EXPECT_EQ(Put(absl::StrCat(kSecret, "one}\n")).translated, (WorkDone{.consumers = 1}));
  EXPECT_TRUE(resolve::IsClean(pipeline_.verdicts().at(a)));
  const std::string one = *(*Consumers(kG1).Find("default/a"))->value;
  Put(absl::StrCat(kSecret, "two}\n"));
  EXPECT_NE(*(*Consumers(kG1).Find("default/a"))->value, one);
}

TEST_F(ConsumerTest, RefusalIsMappedToConsumerOrPolicy) {
  const ir::Gateway& gateway = *pipeline_.gateways().at(kG1)->gateway;
  EXPECT_EQ(SourceOf(gateway, xdsserver::kConsumerType, "default/a", "too many"),
            (ir::Source{{"Consumer", "default", "a"}, ""}));
  const std::string detail = "typed_per_filter_config[\"sluice.filters.identify\"].methods[0]: bad";
  EXPECT_EQ(SourceOf(gateway, xdsserver::kRouteType, "http/8080", detail),
            (ir::Source{{"AuthPolicy", "default", "auth"}, "spec.identify"}));
}

// Other proxies than ours know nothing of these filters.
TEST_F(PipelineTest, WithoutPoliciesNoFilterIsListed) {
  const auto has_filter = [&](const ObjectKey& gateway) {
    const auto* listener = Resources(gateway).OfType(xdsserver::kListenerType).Find("8080/0.0.0.0");
    return (*listener)->value->find("sluice.filters.") != std::string::npos;
  };
  EXPECT_FALSE(has_filter(kG1));
  Put(AuthPolicy("HTTPRoute", "r1", kKeys));
  EXPECT_TRUE(has_filter(kG1));
  EXPECT_FALSE(has_filter(kG2));
  Delete({"AuthPolicy", "default", "auth"});
  EXPECT_FALSE(has_filter(kG1));
}

}  // namespace
}  // namespace sluice::translate
