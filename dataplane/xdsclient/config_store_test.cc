// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/config_store.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/envoy/types.h"
#include "base/manual_clock.h"
#include "dataplane/upstream/dns_resolver_fake.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

template <typename Message>
std::string FromJson(const std::string& json) {
  // What a typed_config names has to be linked.
  EXPECT_FALSE(envoy_api::TypePerFile().empty());
  Message message;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &message);
  EXPECT_TRUE(status.ok()) << std::string(status.message()) << "\n" << json;
  return message.SerializeAsString();
}

std::string EdsCluster(const std::string& name, const std::string& timeout = "1s") {
  return FromJson<envoy::config::cluster::v3::Cluster>(
      absl::StrCat(R"({"name":")", name, R"(","type":"EDS","connectTimeout":")", timeout,
                   R"(","edsClusterConfig":{"edsConfig":{"ads":{}}}})"));
}

std::string Assignment(const std::string& name, int port) {
  return FromJson<envoy::config::endpoint::v3::ClusterLoadAssignment>(
      absl::StrCat(R"({"clusterName":")", name,
                   R"(","endpoints":[{"lbEndpoints":[{"endpoint":{"address":{"socketAddress":)",
                   R"({"address":"127.0.0.1","portValue":)", port, "}}}}]}]}"));
}

std::string Routes(const std::string& name, const std::string& cluster) {
  return FromJson<envoy::config::route::v3::RouteConfiguration>(absl::StrCat(
      R"({"name":")", name, R"(","virtualHosts":[{"name":"all","domains":["*"],"routes":)",
      R"([{"match":{"prefix":"/"},"route":{"cluster":")", cluster, R"("}}]}]})"));
}

std::string Listener(const std::string& name, const std::string& routes) {
  return FromJson<envoy::config::listener::v3::Listener>(absl::StrCat(
      R"({"name":")", name,
      R"(","address":{"socketAddress":{"address":"127.0.0.1","portValue":8080}},)",
      R"("filterChains":[{"filters":[{"name":"hcm","typedConfig":{"@type":"type.googleapis.com/)",
      R"(envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",)",
      R"("statPrefix":"x","rds":{"routeConfigName":")", routes,
      R"(","configSource":{"ads":{}}},"httpFilters":[{"name":"router","typedConfig":{"@type":)",
      R"("type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]})"));
}

class ConfigStoreTest : public testing::Test {
 protected:
  ConfigStoreTest()
      : store(loop, resolver, {},
              {.publish = [this](auto snapshot) { published.push_back(std::move(snapshot)); },
               .acquire_sockets = [this](const config::Listener&) { return sockets; },
               .release_sockets =
                   [this](const std::string& name) {
                     released.push_back(name);
                     sockets = absl::OkStatus();
                   },
               .interest =
                   [this](ResourceType type, const InterestChange& change) {
                     for (const std::string& name : change.removed) interest[type].erase(name);
                     interest[type].insert(change.added.begin(), change.added.end());
                     ++told;
                   }}) {}

  // One resource of a response; returns the refusal's reason, or nothing.
  std::string Put(ResourceType type, const std::string& name, std::string body,
                  const std::string& version = "1") {
    auto rejections = store.OnResources(type, {{name, version, std::move(body)}}, {});
    loop.RunOnce();
    return rejections.empty() ? "" : rejections.front().reason;
  }
  void Remove(ResourceType type, const std::string& name) {
    store.OnResources(type, {}, {name});
    loop.RunOnce();
  }
  void AdvanceMs(int64_t ms) {
    for (int64_t i = 0; i < ms; i += 500) {
      clock.AdvanceMs(500);
      loop.RunOnce();
    }
  }
  // Cluster "c" with endpoints, routes "r" to it, listener "l".
  void PutAll() {
    Put(ResourceType::kCluster, "c", EdsCluster("c"));
    Put(ResourceType::kEndpoints, "c", Assignment("c", 9001));
    Put(ResourceType::kListener, "l", Listener("l", "r"));
    Put(ResourceType::kRoutes, "r", Routes("r", "c"));
  }
  const config::Snapshot& last() { return *published.back(); }

  base::ManualClock clock;
  event::Loop loop{clock};
  upstream::FakeDnsResolver resolver;
  absl::Status sockets;
  std::vector<std::string> released;
  std::vector<std::shared_ptr<const config::Snapshot>> published;
  std::map<ResourceType, std::set<std::string>> interest;
  int told = 0;
  ConfigStore store;
};

TEST_F(ConfigStoreTest, NamesWhatItNeedsAsItLearnsOfIt) {
  Put(ResourceType::kCluster, "c", EdsCluster("c"));
  EXPECT_EQ(interest[ResourceType::kEndpoints], std::set<std::string>{"c"});
  Put(ResourceType::kListener, "l", Listener("l", "r"));
  EXPECT_EQ(interest[ResourceType::kRoutes], std::set<std::string>{"r"});
  Remove(ResourceType::kListener, "l");
  EXPECT_TRUE(interest[ResourceType::kRoutes].empty());
}

TEST_F(ConfigStoreTest, AClusterServesOnceItsEndpointsAreThere) {
  Put(ResourceType::kCluster, "c", EdsCluster("c"));
  EXPECT_TRUE(published.empty() || last().clusters.empty());
  Put(ResourceType::kEndpoints, "c", Assignment("c", 9001));
  ASSERT_TRUE(last().clusters.contains("c"));
  EXPECT_EQ(last().clusters.Find("c")->endpoints->endpoints.at(0).port, 9001);
}

TEST_F(ConfigStoreTest, AListenerServesOnceItsRoutesAreThere) {
  Put(ResourceType::kCluster, "c", EdsCluster("c"));
  Put(ResourceType::kEndpoints, "c", Assignment("c", 9001));
  Put(ResourceType::kListener, "l", Listener("l", "r"));
  EXPECT_TRUE(last().listeners.empty());
  EXPECT_FALSE(store.settled());
  Put(ResourceType::kRoutes, "r", Routes("r", "c"));
  ASSERT_EQ(last().listeners.size(), 1u);
  EXPECT_NE(last().listeners[0]->filter_chains[0].http->router, nullptr);
  EXPECT_TRUE(store.settled());
}

TEST_F(ConfigStoreTest, NewRoutesWaitForTheirClusterWhileTheOldOnesServe) {
  PutAll();
  const auto old_router = last().listeners[0]->filter_chains[0].http->router;
  Put(ResourceType::kRoutes, "r", Routes("r", "new"), "2");
  EXPECT_EQ(last().listeners[0]->filter_chains[0].http->router, old_router);
  Put(ResourceType::kCluster, "new", EdsCluster("new"));
  EXPECT_EQ(last().listeners[0]->filter_chains[0].http->router, old_router);
  Put(ResourceType::kEndpoints, "new", Assignment("new", 9002));
  EXPECT_NE(last().listeners[0]->filter_chains[0].http->router, old_router);
  EXPECT_TRUE(last().clusters.contains("new"));
}

TEST_F(ConfigStoreTest, WhatNeverBecomesWarmIsTakenAfterFifteenSeconds) {
  PutAll();
  const auto old_router = last().listeners[0]->filter_chains[0].http->router;
  Put(ResourceType::kRoutes, "r", Routes("r", "unknown"), "2");
  AdvanceMs(14'000);
  EXPECT_EQ(last().listeners[0]->filter_chains[0].http->router, old_router);
  AdvanceMs(2'000);
  EXPECT_NE(last().listeners[0]->filter_chains[0].http->router, old_router);
}

// Aim: a listener that waits for its secret for good is past its limit; the limits of what came
// after it hold all the same.
TEST_F(ConfigStoreTest, WhatIsPastItsLimitKeepsNobodyElseWaiting) {
  PutAll();
  const std::string waits = FromJson<envoy::config::listener::v3::Listener>(
      R"({"name":"s","address":{"socketAddress":{"address":"127.0.0.1","portValue":8443}},)"
      R"("filterChains":[{"transportSocket":{"name":"tls","typedConfig":{"@type":)"
      R"("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",)"
      R"("commonTlsContext":{"tlsCertificateSdsSecretConfigs":[{"name":"none","sdsConfig":)"
      R"({"ads":{}}}]}}},"filters":[{"name":"hcm","typedConfig":{"@type":"type.googleapis.com/)"
      R"(envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",)"
      R"("statPrefix":"x","rds":{"routeConfigName":"r","configSource":{"ads":{}}},)"
      R"("httpFilters":[{"name":"router","typedConfig":{"@type":"type.googleapis.com/)"
      R"(envoy.extensions.filters.http.router.v3.Router"}}]}}]}]})");
  ASSERT_EQ(Put(ResourceType::kListener, "s", waits), "");
  AdvanceMs(20'000);
  ASSERT_EQ(last().listeners.size(), 1u) << "TLS never starts without its secrets";
  const auto old_router = last().listeners[0]->filter_chains[0].http->router;
  Put(ResourceType::kRoutes, "r", Routes("r", "unknown"), "2");
  AdvanceMs(16'000);
  EXPECT_NE(last().listeners[0]->filter_chains[0].http->router, old_router);
  EXPECT_FALSE(store.settled());
}

TEST_F(ConfigStoreTest, ARemovedClusterStaysUntilNoRouteNamesIt) {
  PutAll();
  Remove(ResourceType::kCluster, "c");
  EXPECT_TRUE(last().clusters.contains("c"));
  Put(ResourceType::kCluster, "d", EdsCluster("d"));
  Put(ResourceType::kEndpoints, "d", Assignment("d", 9002));
  Put(ResourceType::kRoutes, "r", Routes("r", "d"), "2");
  EXPECT_FALSE(last().clusters.contains("c"));
}

TEST_F(ConfigStoreTest, ABadResourceIsRefusedAndTheOldOneServesOn) {
  PutAll();
  const size_t before = published.size();
  const auto old = last().listeners[0];
  const std::string reason = Put(ResourceType::kRoutes, "r", "\xff\xff", "2");
  EXPECT_NE(reason.find("r"), std::string::npos);
  EXPECT_EQ(published.size(), before);
  EXPECT_EQ(last().listeners[0], old);
  EXPECT_EQ(store.raw(ResourceType::kRoutes).at("r").version, "1");
}

TEST_F(ConfigStoreTest, AResourceUnderAnotherNameThanItsOwnIsRefused) {
  PutAll();
  EXPECT_EQ(Put(ResourceType::kCluster, "d", EdsCluster("c")), "cluster \"d\": names itself \"c\"");
  EXPECT_EQ(Put(ResourceType::kEndpoints, "c", Assignment("d", 1)),
            "endpoints \"c\": names itself \"d\"");
  EXPECT_EQ(Put(ResourceType::kListener, "", Listener("", "r")), "listener \"\": name: is empty");
  EXPECT_EQ(last().clusters.size(), 1u);
  EXPECT_EQ(last().listeners.size(), 1u);
}

TEST_F(ConfigStoreTest, StaticListenersWithoutANameAllServe) {
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(
        bootstrap.mutable_static_resources()->add_listeners()->ParseFromString(Listener("", "r")));
  }
  EXPECT_TRUE(store.AddStatic(bootstrap).empty());
  EXPECT_TRUE(store.is_static(ResourceType::kListener, "static_resources.listeners[0]"));
  EXPECT_TRUE(store.is_static(ResourceType::kListener, "static_resources.listeners[1]"));
}

TEST_F(ConfigStoreTest, AnAddressThatMayNotBeHadRefusesTheListener) {
  sockets = absl::PermissionDeniedError("bind 127.0.0.1:80: Permission denied");
  EXPECT_NE(Put(ResourceType::kListener, "l", Listener("l", "r")).find("Permission denied"),
            std::string::npos);
}

TEST_F(ConfigStoreTest, WhatDidNotChangeKeepsItsPointer) {
  PutAll();
  const auto listener = last().listeners[0];
  const auto cluster = last().clusters.Find("c")->cluster;
  Put(ResourceType::kEndpoints, "c", Assignment("c", 9002), "2");
  EXPECT_EQ(last().listeners[0], listener);
  EXPECT_EQ(last().clusters.Find("c")->cluster, cluster);
  EXPECT_EQ(last().clusters.Find("c")->endpoints->endpoints.at(0).port, 9002);
  Put(ResourceType::kCluster, "c", EdsCluster("c", "2s"), "2");
  EXPECT_NE(last().clusters.Find("c")->cluster, cluster);
  EXPECT_EQ(last().listeners[0], listener);
}

TEST_F(ConfigStoreTest, TheSameResourcesGiveTheSameHash) {
  PutAll();
  const std::string hash = last().content_hash;
  Put(ResourceType::kEndpoints, "c", Assignment("c", 9002), "2");
  EXPECT_NE(last().content_hash, hash);
  Put(ResourceType::kEndpoints, "c", Assignment("c", 9001), "1");
  EXPECT_EQ(last().content_hash, hash);
}

TEST_F(ConfigStoreTest, StaticResourcesAreNotTheControlPlanesToChange) {
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  ASSERT_TRUE(
      bootstrap.mutable_static_resources()->add_clusters()->ParseFromString(EdsCluster("mine")));
  EXPECT_TRUE(store.AddStatic(bootstrap).empty());
  EXPECT_NE(Put(ResourceType::kCluster, "mine", EdsCluster("mine", "9s"), "2"), "");
  Remove(ResourceType::kCluster, "mine");
  EXPECT_TRUE(store.raw(ResourceType::kCluster).contains("mine"));
}

// ---- A change touches what it is about ----------------------------------------------------------

TEST_F(ConfigStoreTest, ClustersThatShareAnAssignmentAllGetItsEndpoints) {
  const auto shared = [](const std::string& name) {
    return FromJson<envoy::config::cluster::v3::Cluster>(absl::StrCat(
        R"({"name":")", name,
        R"(","type":"EDS","edsClusterConfig":{"serviceName":"s","edsConfig":{"ads":{}}}})"));
  };
  Put(ResourceType::kCluster, "a", shared("a"));
  Put(ResourceType::kCluster, "b", shared("b"));
  EXPECT_EQ(interest[ResourceType::kEndpoints], std::set<std::string>{"s"});
  Put(ResourceType::kEndpoints, "s", Assignment("s", 1));
  Put(ResourceType::kEndpoints, "s", Assignment("s", 2), "2");
  EXPECT_EQ(last().clusters.Find("a")->endpoints->endpoints.at(0).port, 2);
  EXPECT_EQ(last().clusters.Find("b")->endpoints->endpoints.at(0).port, 2);
  EXPECT_EQ(last().clusters.Find("b")->endpoints->version, "2");
}

TEST_F(ConfigStoreTest, WhatIsSaidAgainKeepsEveryPointer) {
  PutAll();
  const config::Snapshot before = last();
  Put(ResourceType::kCluster, "c", EdsCluster("c"), "2");
  Put(ResourceType::kEndpoints, "c", Assignment("c", 9001), "2");
  Put(ResourceType::kListener, "l", Listener("l", "r"), "2");
  Put(ResourceType::kRoutes, "r", Routes("r", "c"), "2");
  EXPECT_EQ(*last().clusters.Find("c"), *before.clusters.Find("c"));
  EXPECT_EQ(last().listeners, before.listeners);
  EXPECT_NE(last().content_hash, before.content_hash) << "versions are part of it";
  EXPECT_EQ(store.raw(ResourceType::kRoutes).at("r").version, "2");
}

TEST_F(ConfigStoreTest, ATableServesEveryListenerThatNamesIt) {
  PutAll();
  Put(ResourceType::kListener, "m", Listener("m", "r"));
  Put(ResourceType::kListener, "other", Listener("other", "q"));
  Put(ResourceType::kRoutes, "q", Routes("q", "c"));
  ASSERT_EQ(last().listeners.size(), 3u);
  const auto before = last().listeners;
  Put(ResourceType::kCluster, "d", EdsCluster("d"));
  Put(ResourceType::kEndpoints, "d", Assignment("d", 1));
  Put(ResourceType::kRoutes, "r", Routes("r", "d"), "2");
  ASSERT_EQ(last().listeners.size(), 3u);
  EXPECT_NE(last().listeners[0], before[0]);
  EXPECT_NE(last().listeners[1], before[1]);
  EXPECT_EQ(last().listeners[2], before[2]);
}

TEST_F(ConfigStoreTest, ARemovedTableLeavesItsListenerWithoutRoutes) {
  PutAll();
  Remove(ResourceType::kRoutes, "r");
  ASSERT_EQ(last().listeners.size(), 1u);
  EXPECT_EQ(last().listeners[0]->filter_chains[0].http->router, nullptr);
}

TEST_F(ConfigStoreTest, ARemovedListenerGoesAndWhatItAloneNamedWithIt) {
  PutAll();
  Remove(ResourceType::kListener, "l");
  EXPECT_TRUE(last().listeners.empty());
  EXPECT_TRUE(interest[ResourceType::kRoutes].empty());
  EXPECT_TRUE(store.raw(ResourceType::kRoutes).empty());
  Remove(ResourceType::kCluster, "c");
  EXPECT_TRUE(last().clusters.empty());
  EXPECT_TRUE(interest[ResourceType::kEndpoints].empty());
  EXPECT_TRUE(store.raw(ResourceType::kEndpoints).empty());
}

// Also of one that never served: its address is bound all the same.
TEST_F(ConfigStoreTest, ARemovedListenerFreesItsAddressForOneOfTheSameResponse) {
  Put(ResourceType::kListener, "l", Listener("l", "r"));
  sockets = absl::AlreadyExistsError("the address is that of another listener");
  EXPECT_TRUE(
      store.OnResources(ResourceType::kListener, {{"m", "1", Listener("m", "r")}}, {"l"}).empty());
  EXPECT_EQ(released, std::vector<std::string>{"l"});
}

TEST_F(ConfigStoreTest, ARemovedClusterThatIsNamedGoesAfterFifteenSeconds) {
  PutAll();
  Remove(ResourceType::kCluster, "c");
  EXPECT_FALSE(store.settled());
  AdvanceMs(14'000);
  EXPECT_TRUE(last().clusters.contains("c"));
  AdvanceMs(2'000);
  EXPECT_FALSE(last().clusters.contains("c"));
  EXPECT_TRUE(store.settled());
}

TEST_F(ConfigStoreTest, AClusterThatComesBackInTimeNeverLeft) {
  PutAll();
  Remove(ResourceType::kCluster, "c");
  Put(ResourceType::kCluster, "c", EdsCluster("c", "3s"), "2");
  AdvanceMs(20'000);
  ASSERT_TRUE(last().clusters.contains("c"));
  EXPECT_EQ(last().clusters.Find("c")->cluster->connect_timeout_ms, 3000);
}

TEST_F(ConfigStoreTest, AnAssignmentThatGoesLeavesItsEndpoints) {
  PutAll();
  Remove(ResourceType::kEndpoints, "c");
  EXPECT_EQ(last().clusters.Find("c")->endpoints->endpoints.at(0).port, 9001);
  Put(ResourceType::kEndpoints, "c", Assignment("c", 9001), "1");
  Put(ResourceType::kEndpoints, "c", Assignment("c", 9003), "2");
  EXPECT_EQ(last().clusters.Find("c")->endpoints->endpoints.at(0).port, 9003);
}

TEST_F(ConfigStoreTest, NobodysTableIsNotKept) {
  Put(ResourceType::kRoutes, "r", Routes("r", "c"));
  EXPECT_TRUE(store.raw(ResourceType::kRoutes).empty());
  EXPECT_TRUE(store.settled());
}

TEST_F(ConfigStoreTest, AListenerWithAnInlineTableHoldsItsClusters) {
  PutAll();
  const std::string inline_table = FromJson<envoy::config::listener::v3::Listener>(
      R"({"name":"l","address":{"socketAddress":{"address":"127.0.0.1","portValue":8080}},)"
      R"("filterChains":[{"filters":[{"name":"hcm","typedConfig":{"@type":"type.googleapis.com/)"
      R"(envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",)"
      R"("statPrefix":"x","routeConfig":{"virtualHosts":[{"name":"v","domains":["*"],"routes":)"
      R"([{"match":{"prefix":"/"},"route":{"cluster":"c"}}]}]},"httpFilters":[{"name":"router",)"
      R"("typedConfig":{"@type":)"
      R"("type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]})");
  Put(ResourceType::kListener, "l", inline_table, "2");
  EXPECT_TRUE(interest[ResourceType::kRoutes].empty());
  Remove(ResourceType::kCluster, "c");
  EXPECT_TRUE(last().clusters.contains("c"));
  Remove(ResourceType::kListener, "l");
  EXPECT_FALSE(last().clusters.contains("c"));
}

// ---- Sources ------------------------------------------------------------------------------------

TEST_F(ConfigStoreTest, AResourceThatIsRepeatedUnchangedIsNotTakenAnew) {
  PutAll();
  const auto before = published.back();
  Put(ResourceType::kListener, "l", Listener("l", "r"), "2");
  Put(ResourceType::kRoutes, "r", Routes("r", "c"), "2");
  Put(ResourceType::kCluster, "c", EdsCluster("c"), "2");
  EXPECT_EQ(last().listeners, before->listeners) << "what workers hold is the same object";
  EXPECT_EQ(last().clusters.Find("c")->cluster, before->clusters.Find("c")->cluster);
  EXPECT_EQ(store.raw(ResourceType::kListener).at("l").version, "2");
}

// A cluster whose endpoints come from a file.
std::string FileCluster(const std::string& name, const std::string& endpoints,
                        const std::string& path) {
  return FromJson<envoy::config::cluster::v3::Cluster>(
      absl::StrCat(R"({"name":")", name, R"(","type":"EDS","edsClusterConfig":{"serviceName":")",
                   endpoints, R"(","edsConfig":{"pathConfigSource":{"path":")", path, R"("}}}})"));
}

TEST_F(ConfigStoreTest, AReferenceSaysWhoServesTheName) {
  Put(ResourceType::kCluster, "c", FileCluster("c", "e", "/e.yaml"));
  EXPECT_EQ(interest[ResourceType::kEndpoints], std::set<std::string>{"e"});
  EXPECT_EQ(store.SourceOf(ResourceType::kEndpoints, "e").path, "/e.yaml");
  Put(ResourceType::kCluster, "c", FileCluster("c", "e", "/other.yaml"));
  EXPECT_EQ(store.SourceOf(ResourceType::kEndpoints, "e").path, "/other.yaml");
  Remove(ResourceType::kCluster, "c");
  EXPECT_EQ(store.SourceOf(ResourceType::kEndpoints, "e"), compile::ResourceSource());
}

TEST_F(ConfigStoreTest, AMovedSourceIsToldAndOneThatStayedIsNot) {
  Put(ResourceType::kCluster, "c", FileCluster("c", "e", "/e.yaml"));
  EXPECT_EQ(told, 1);
  Put(ResourceType::kCluster, "c", FileCluster("c", "e", "/other.yaml"));
  EXPECT_EQ(told, 2);
  EXPECT_EQ(interest[ResourceType::kEndpoints], std::set<std::string>{"e"});
  Put(ResourceType::kCluster, "d", FileCluster("d", "e", "/other.yaml"));
  EXPECT_EQ(told, 2);
}

TEST_F(ConfigStoreTest, ANameThatHasAnotherSourceIsRefused) {
  Put(ResourceType::kCluster, "c", FileCluster("c", "e", "/e.yaml"));
  EXPECT_EQ(Put(ResourceType::kCluster, "d", FileCluster("d", "e", "/other.yaml")),
            "cluster \"d\": the endpoints \"e\" has another source in cluster \"c\"");
  EXPECT_EQ(Put(ResourceType::kCluster, "d", FileCluster("d", "e", "/e.yaml")), "");
}

TEST_F(ConfigStoreTest, AServerThatIsNoStaticClusterIsRefused) {
  const std::string body = FromJson<envoy::config::cluster::v3::Cluster>(
      R"({"name":"c","type":"EDS","edsClusterConfig":{"edsConfig":{"apiConfigSource":{)"
      R"("apiType":"GRPC","grpcServices":[{"envoyGrpc":{"clusterName":"x"}}]}}}})");
  EXPECT_EQ(Put(ResourceType::kCluster, "c", body),
            "cluster \"c\": the endpoints \"c\" comes from the cluster \"x\", which is not among "
            "static_resources.clusters");
}

}  // namespace
}  // namespace sluice::xdsclient
