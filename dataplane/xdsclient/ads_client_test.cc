// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/ads_client.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/manual_clock.h"
#include "dataplane/xdsclient/ads_transport_fake.h"
#include "dataplane/xdsclient/resource_sink_fake.h"
#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using envoy::service::discovery::v3::DeltaDiscoveryResponse;
using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;

class AdsClientTest : public testing::Test {
 protected:
  void Begin(bool delta) {
    envoy::config::core::v3::Node node;
    node.set_id("proxy-1");
    AdsClient::Options options;
    options.delta = delta;
    options.node = node;
    client = std::make_unique<AdsClient>(loop, options, server.Factory(), sink,
                                         [] { return uint64_t{399}; });
  }
  void Start(bool delta) {
    Begin(delta);
    client->Start();
  }

  // What the stream was sent since the last call, for one type.
  template <typename Request>
  std::vector<Request> Sent(ResourceType type) {
    std::vector<Request> out;
    for (const std::string& bytes : server.last().sent) {
      Request request;
      EXPECT_TRUE(request.ParseFromString(bytes));
      if (request.type_url() == TypeUrl(type)) out.push_back(std::move(request));
    }
    std::erase_if(server.last().sent, [&](const std::string& bytes) {
      Request request;
      return request.ParseFromString(bytes) && request.type_url() == TypeUrl(type);
    });
    return out;
  }

  static DeltaDiscoveryResponse Delta(ResourceType type, const std::string& nonce,
                                      std::vector<std::pair<std::string, std::string>> resources,
                                      std::vector<std::string> removed = {}) {
    DeltaDiscoveryResponse response;
    response.set_type_url(std::string(TypeUrl(type)));
    response.set_nonce(nonce);
    for (const auto& [name, version] : resources) {
      auto* resource = response.add_resources();
      resource->set_name(name);
      resource->set_version(version);
      resource->mutable_resource()->set_type_url(std::string(TypeUrl(type)));
      resource->mutable_resource()->set_value(name);
    }
    for (const std::string& name : removed) response.add_removed_resources(name);
    return response;
  }
  void Respond(const google::protobuf::Message& response) {
    server.Respond(response.SerializeAsString());
  }
  void AdvanceMs(int64_t ms) {
    // In steps, so that the loop sees each tick.
    for (int64_t i = 0; i < ms; i += 50) {
      clock.AdvanceMs(50);
      loop.RunOnce();
    }
  }

  base::ManualClock clock;
  event::Loop loop{clock};
  FakeResourceSink sink;
  FakeAdsServer server;
  std::unique_ptr<AdsClient> client;
};

std::vector<std::string> ListedIn(const DeltaDiscoveryRequest& request) {
  std::vector<std::string> fields;
  const auto& metadata = request.node().metadata().fields();
  const auto it = metadata.find("sluice.unsupported_fields");
  if (it == metadata.end()) return {"no list"};
  for (const auto& value : it->second.list_value().values()) fields.push_back(value.string_value());
  return fields;
}

TEST_F(AdsClientTest, FieldsWithoutEffectAreListedWithTheAnswerThatBringsThem) {
  Start(true);
  Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  sink.fields = {"Cluster.foo"};
  Respond(Delta(ResourceType::kCluster, "1", {{"a", "v1"}}));
  auto sent = Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].node().id(), "proxy-1");
  EXPECT_EQ(ListedIn(sent[0]), sink.fields);
  Respond(Delta(ResourceType::kCluster, "2", {{"b", "v1"}}));
  EXPECT_FALSE(Sent<DeltaDiscoveryRequest>(ResourceType::kCluster).at(0).has_node())
      << "nothing new";
  sink.fields.clear();
  Respond(Delta(ResourceType::kCluster, "3", {{"a", "v2"}}));
  sent = Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  EXPECT_TRUE(ListedIn(sent.at(0)).empty()) << "an empty list takes the last one back";
}

TEST_F(AdsClientTest, FirstRequestsAskForClustersThenListenersWithTheNodeOnce) {
  Start(true);
  ASSERT_EQ(server.last().sent.size(), 2u);
  DeltaDiscoveryRequest first, second;
  ASSERT_TRUE(first.ParseFromString(server.last().sent[0]));
  ASSERT_TRUE(second.ParseFromString(server.last().sent[1]));
  EXPECT_EQ(first.type_url(), TypeUrl(ResourceType::kCluster));
  EXPECT_EQ(first.node().id(), "proxy-1");
  EXPECT_EQ(second.type_url(), TypeUrl(ResourceType::kListener));
  EXPECT_FALSE(second.has_node());
  EXPECT_EQ(first.resource_names_subscribe_size(), 0) << "no names: all of them";
}

TEST_F(AdsClientTest, EachResponseIsAnsweredOnceByItsNonce) {
  Start(true);
  Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  Respond(Delta(ResourceType::kCluster, "n1", {{"a", "1"}}));
  const auto sent = Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].response_nonce(), "n1");
  EXPECT_FALSE(sent[0].has_error_detail());
  EXPECT_EQ(sink.held[ResourceType::kCluster].at("a"), "1");
}

TEST_F(AdsClientTest, GoodResourcesAreTakenAndBadOnesNamedInTheNack) {
  Start(true);
  sink.refused = {"bad"};
  Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  Respond(Delta(ResourceType::kCluster, "n1", {{"good", "1"}, {"bad", "1"}}));
  const auto sent = Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(sent[0].error_detail().message().find("\"bad\""), std::string::npos);
  EXPECT_TRUE(sink.held[ResourceType::kCluster].contains("good"));
  EXPECT_TRUE(client->versions(ResourceType::kCluster).contains("good"));
  EXPECT_FALSE(client->versions(ResourceType::kCluster).contains("bad"));
  EXPECT_EQ(client->state().rejections, 1u);
}

TEST_F(AdsClientTest, TwoResourcesOfOneNameRefuseTheResponse) {
  Start(true);
  Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  Respond(Delta(ResourceType::kCluster, "n1", {{"a", "1"}, {"a", "2"}}));
  const auto sent = Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].has_error_detail());
  EXPECT_EQ(sink.calls, 0);
}

TEST_F(AdsClientTest, AnotherTypeInsideTheResponseIsRefused) {
  Start(true);
  DeltaDiscoveryResponse response = Delta(ResourceType::kCluster, "n1", {{"a", "1"}});
  response.mutable_resources(0)->mutable_resource()->set_type_url("type.googleapis.com/other");
  Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  Respond(response);
  const auto sent = Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].has_error_detail());
}

TEST_F(AdsClientTest, ChangesOfInterestAreTheirOwnRequestsWithoutNonce) {
  Start(true);
  client->SetInterest(ResourceType::kRoutes, {"r1", "r2"});
  auto sent = Sent<DeltaDiscoveryRequest>(ResourceType::kRoutes);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].resource_names_subscribe_size(), 2);
  client->SetInterest(ResourceType::kRoutes, {"r2", "r3"});
  sent = Sent<DeltaDiscoveryRequest>(ResourceType::kRoutes);
  ASSERT_EQ(sent.size(), 1u);
  ASSERT_EQ(sent[0].resource_names_subscribe_size(), 1);
  EXPECT_EQ(sent[0].resource_names_subscribe(0), "r3");
  ASSERT_EQ(sent[0].resource_names_unsubscribe_size(), 1);
  EXPECT_EQ(sent[0].resource_names_unsubscribe(0), "r1");
  EXPECT_EQ(sent[0].response_nonce(), "");
  client->SetInterest(ResourceType::kRoutes, {"r2", "r3"});
  EXPECT_TRUE(Sent<DeltaDiscoveryRequest>(ResourceType::kRoutes).empty());
}

TEST_F(AdsClientTest, ANewStreamAsksForAllThatIsWantedByNow) {
  Start(true);
  client->ChangeInterest(ResourceType::kRoutes, {.added = {"r1", "r2"}, .removed = {}});
  client->ChangeInterest(ResourceType::kRoutes, {.added = {"r3"}, .removed = {"r1"}});
  auto sent = Sent<DeltaDiscoveryRequest>(ResourceType::kRoutes);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[1].resource_names_subscribe_size(), 1);
  EXPECT_EQ(sent[1].resource_names_unsubscribe_size(), 1);
  server.HangUp();
  AdvanceMs(600);
  sent = Sent<DeltaDiscoveryRequest>(ResourceType::kRoutes);
  ASSERT_EQ(sent.size(), 1u);
  ASSERT_EQ(sent[0].resource_names_subscribe_size(), 2);
  EXPECT_EQ(sent[0].resource_names_subscribe(0), "r2");
  EXPECT_EQ(sent[0].resource_names_subscribe(1), "r3");
}

TEST_F(AdsClientTest, WhatWasNeverAskedForIsIgnored) {
  Start(true);
  client->SetInterest(ResourceType::kRoutes, {"mine"});
  Respond(Delta(ResourceType::kRoutes, "n1", {{"mine", "1"}, {"other", "1"}}));
  EXPECT_TRUE(sink.held[ResourceType::kRoutes].contains("mine"));
  EXPECT_FALSE(sink.held[ResourceType::kRoutes].contains("other"));
}

TEST_F(AdsClientTest, ANewStreamTellsTheVersionsItHas) {
  Start(true);
  Respond(Delta(ResourceType::kCluster, "n1", {{"a", "7"}}));
  server.HangUp();
  EXPECT_FALSE(client->state().connected);
  AdvanceMs(600);
  ASSERT_EQ(server.streams(), 2u);
  const auto sent = Sent<DeltaDiscoveryRequest>(ResourceType::kCluster);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].initial_resource_versions().at("a"), "7");
  EXPECT_EQ(sent[0].node().id(), "proxy-1");
  EXPECT_TRUE(sink.held[ResourceType::kCluster].contains("a")) << "nothing was forgotten";
}

TEST_F(AdsClientTest, VersionsFromDiskAreToldOnTheFirstStream) {
  Begin(true);
  client->SetKnownVersions(ResourceType::kListener, {{"l", "3"}});
  client->Start();
  const auto sent = Sent<DeltaDiscoveryRequest>(ResourceType::kListener);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].initial_resource_versions().at("l"), "3");
}

TEST_F(AdsClientTest, ConsumersAreAskedForAllAtOnceWhileTheyAreWanted) {
  constexpr ResourceType kType = ResourceType::kConsumer;
  Start(true);
  EXPECT_TRUE(Sent<DeltaDiscoveryRequest>(kType).empty());
  Respond(Delta(kType, "0", {{"a/x", "v1"}}));
  EXPECT_TRUE(sink.held[kType].empty()) << "nobody asked";
  Sent<DeltaDiscoveryRequest>(kType);
  client->SetInterest(kType, {"*"});
  auto sent = Sent<DeltaDiscoveryRequest>(kType);
  ASSERT_EQ(sent.size(), 1u);
  ASSERT_EQ(sent[0].resource_names_subscribe_size(), 1);
  EXPECT_EQ(sent[0].resource_names_subscribe(0), "*");
  EXPECT_TRUE(sent[0].initial_resource_versions().empty());
  Respond(Delta(kType, "1", {{"a/x", "v1"}, {"a/y", "v1"}}));
  EXPECT_EQ(sink.held[kType].size(), 2u);
  EXPECT_EQ(client->versions(kType).size(), 2u);
  client->SetInterest(kType, {});
  EXPECT_TRUE(client->versions(kType).empty()) << "they are asked for anew";
}

TEST_F(AdsClientTest, AConsumerThatIsAbsentFromTheStateOfTheWorldIsGone) {
  constexpr ResourceType kType = ResourceType::kConsumer;
  Start(false);
  client->SetInterest(kType, {"*"});
  const auto respond = [&](const std::string& version, std::vector<std::string> names) {
    DiscoveryResponse response;
    response.set_type_url(std::string(TypeUrl(kType)));
    response.set_version_info(version);
    response.set_nonce(version);
    for (const std::string& name : names) {
      auto* resource = response.add_resources();
      resource->set_type_url(std::string(TypeUrl(kType)));
      resource->set_value(name);
    }
    Respond(response);
  };
  respond("1", {"a/x", "a/y"});
  EXPECT_EQ(sink.held[kType].size(), 2u);
  respond("2", {"a/y"});
  EXPECT_EQ(sink.held[kType].size(), 1u);
}

TEST_F(AdsClientTest, BackOffGrowsUntilAResponseComes) {
  Start(true);
  server.HangUp();
  // 399 of 500 ms, then 399 of 1000 ms: the bound doubles, the jitter is the test's.
  AdvanceMs(450);
  ASSERT_EQ(server.streams(), 2u);
  server.HangUp();
  AdvanceMs(450);
  ASSERT_EQ(server.streams(), 3u);
  Respond(Delta(ResourceType::kCluster, "n1", {}));
  EXPECT_TRUE(client->state().connected);
}

TEST_F(AdsClientTest, StateOfTheWorldRemovesWhatIsAbsentOfListenersOnly) {
  Start(false);
  client->SetInterest(ResourceType::kRoutes, {"r"});
  const auto world = [](ResourceType type, const std::string& version,
                        std::vector<std::string> names) {
    DiscoveryResponse response;
    response.set_type_url(std::string(TypeUrl(type)));
    response.set_version_info(version);
    response.set_nonce("n" + version);
    for (const std::string& name : names) {
      auto* any = response.add_resources();
      any->set_type_url(std::string(TypeUrl(type)));
      any->set_value(name);
    }
    return response;
  };
  Respond(world(ResourceType::kListener, "1", {"a", "b"}));
  Respond(world(ResourceType::kRoutes, "1", {"r"}));
  Respond(world(ResourceType::kListener, "2", {"b"}));
  Respond(world(ResourceType::kRoutes, "2", {}));
  EXPECT_FALSE(sink.held[ResourceType::kListener].contains("a"));
  EXPECT_TRUE(sink.held[ResourceType::kListener].contains("b"));
  EXPECT_TRUE(sink.held[ResourceType::kRoutes].contains("r"));
}

// A state of the world that does not say all: a renewal (TTL), and one with a resource that cannot
// be read, so that nobody knows its name.
TEST_F(AdsClientTest, StateOfTheWorldThatDoesNotSayAllRemovesNothing) {
  Start(false);
  const std::string url(TypeUrl(ResourceType::kListener));
  DiscoveryResponse world;
  world.set_type_url(url);
  for (const char* name : {"a", "b"}) {
    auto* any = world.add_resources();
    any->set_type_url(url);
    any->set_value(name);
  }
  Respond(world);
  const auto& held = sink.held[ResourceType::kListener];
  ASSERT_EQ(held.size(), 2u);

  envoy::service::discovery::v3::Resource renewed;
  renewed.set_name("a");
  DiscoveryResponse renewal;
  renewal.set_type_url(url);
  renewal.add_resources()->PackFrom(renewed);
  Respond(renewal);
  EXPECT_EQ(held.size(), 2u);

  sink.refused = {""};
  world.mutable_resources(0)->set_value("");
  Respond(world);
  EXPECT_TRUE(held.contains("a"));
  EXPECT_TRUE(Sent<DiscoveryRequest>(ResourceType::kListener).back().has_error_detail());
}

TEST_F(AdsClientTest, StateOfTheWorldNackKeepsTheLastVersion) {
  Start(false);
  const auto one = [](const std::string& version, const std::string& name) {
    DiscoveryResponse response;
    response.set_type_url(std::string(TypeUrl(ResourceType::kCluster)));
    response.set_version_info(version);
    response.set_nonce("n" + version);
    auto* any = response.add_resources();
    any->set_type_url(std::string(TypeUrl(ResourceType::kCluster)));
    any->set_value(name);
    return response;
  };
  Sent<DiscoveryRequest>(ResourceType::kCluster);
  Respond(one("1", "good"));
  auto sent = Sent<DiscoveryRequest>(ResourceType::kCluster);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].version_info(), "1");
  sink.refused = {"bad"};
  Respond(one("2", "bad"));
  sent = Sent<DiscoveryRequest>(ResourceType::kCluster);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].version_info(), "1");
  EXPECT_EQ(sent[0].response_nonce(), "n2");
  EXPECT_TRUE(sent[0].has_error_detail());
}

TEST_F(AdsClientTest, BytesThatAreNoResponseEndTheStreamOnly) {
  Start(true);
  server.Respond("\xff\xff\xff");
  EXPECT_FALSE(client->state().connected);
  Respond(Delta(ResourceType::kCluster, "n1", {{"a", "1"}}));
  EXPECT_EQ(sink.calls, 0) << "the stream was given up";
  AdvanceMs(600);
  EXPECT_EQ(server.streams(), 2u);
}

TEST_F(AdsClientTest, AResponseIsAnsweredWhenItIsServed) {
  sink.serves_at_once = false;
  for (const bool delta : {true, false}) {
    sink.unserved.clear();
    Start(delta);
    server.last().sent.clear();
    if (delta) {
      Respond(Delta(ResourceType::kCluster, "n1", {{"a", "1"}}));
    } else {
      DiscoveryResponse response;
      response.set_type_url(std::string(TypeUrl(ResourceType::kCluster)));
      response.set_version_info("1");
      response.set_nonce("n1");
      Respond(response);
    }
    EXPECT_TRUE(server.last().sent.empty());
    ASSERT_EQ(sink.unserved.size(), 1u);
    sink.unserved.front()();
    EXPECT_EQ(server.last().sent.size(), 1u);
  }
}

TEST_F(AdsClientTest, AStreamThatEndedMeanwhileIsNotAnswered) {
  sink.serves_at_once = false;
  Start(true);
  Respond(Delta(ResourceType::kCluster, "n1", {{"a", "1"}}));
  server.HangUp();
  AdvanceMs(1000);
  server.last().sent.clear();
  sink.unserved.front()();
  EXPECT_TRUE(server.last().sent.empty());
  sink.unserved.clear();
  Respond(Delta(ResourceType::kCluster, "n2", {{"a", "2"}}));
  client = nullptr;
  sink.unserved.front()();  // Nobody is left to answer.
}

}  // namespace
}  // namespace sluice::xdsclient
