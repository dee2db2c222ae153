// SPDX-License-Identifier: Apache-2.0
// The order over the types of one stream: make before break (xds-surface P14, P15).
#include "absl/strings/str_cat.h"
#include "controlplane/xdsserver/engine_client.h"
#include "controlplane/xdsserver/type_urls.h"
#include "gtest/gtest.h"

namespace sluice::xdsserver {
namespace {

class StreamOrderTest : public ::testing::Test {
 protected:
  void Change(const ResourceSet::Builder& builder) {
    set_ = builder.Build();
    engine_.cache.Set("ns/gw", set_);
  }
  // A whole gateway: one listener, one route table, one cluster with its endpoints.
  void SetUp() override {
    Change(ResourceSet::Builder()
               .Put(kListenerType, "l", "l1")
               .Put(kRouteType, "r", "r1")
               .Put(kClusterType, "c1", "c1")
               .Put(kEndpointType, "c1", "e1")
               .Put(kSecretType, "s", "s1"));
  }
  void SubscribeAll(EngineClient& client) {
    client.Subscribe(kListenerType, {"*"});
    client.Subscribe(kRouteType, {"r"});
    client.Subscribe(kSecretType, {"s"});
    client.Subscribe(kClusterType, {"*"});
    client.Subscribe(kEndpointType, {"c1"});
  }
  static Names TypesOf(const std::vector<DeltaResponse>& responses) {
    Names types;
    for (const auto& response : responses) {
      types.push_back(response.type_url().substr(response.type_url().rfind('.') + 1));
    }
    return types;
  }

  Engine engine_;
  ResourceSet set_;
};

TEST_F(StreamOrderTest, WhatIsPointedAtGoesFirst) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  SubscribeAll(client);
  EXPECT_EQ(TypesOf(client.DrainDelta()), (Names{"Cluster", "ClusterLoadAssignment", "Listener",
                                                 "RouteConfiguration", "Secret"}));
}

TEST_F(StreamOrderTest, RoutesWaitForTheClustersAnswer) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  SubscribeAll(client);
  client.DrainDelta();
  Change(ResourceSet::Builder(set_).Put(kRouteType, "r", "r2").Put(kClusterType, "c1", "c1b"));
  const auto clusters = client.PullDelta();
  EXPECT_EQ(clusters->type_url(), kClusterType);
  // P14: the endpoints of a changed cluster follow it, though they did not change.
  const auto endpoints = client.PullDelta();
  EXPECT_EQ(endpoints->type_url(), kEndpointType);
  EXPECT_EQ(NamesOf(*endpoints), Names{"c1"});
  EXPECT_FALSE(client.PullDelta());
  client.Ack(*clusters);
  EXPECT_FALSE(client.PullDelta());
  client.Ack(*endpoints);
  EXPECT_EQ(client.PullDelta()->type_url(), kRouteType);
}

TEST_F(StreamOrderTest, RoutesWaitForTheEndpointsOfANewCluster) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  SubscribeAll(client);
  client.DrainDelta();
  Change(ResourceSet::Builder(set_)
             .Put(kClusterType, "c2", "c2")
             .Put(kEndpointType, "c2", "e2")
             .Put(kRouteType, "r", "r2"));
  client.Ack(*client.PullDelta());
  EXPECT_FALSE(client.PullDelta()) << "the client has yet to ask for c2's endpoints";
  client.Subscribe(kEndpointType, {"c2"});
  const auto endpoints = client.PullDelta();
  EXPECT_EQ(NamesOf(*endpoints), Names{"c2"});
  EXPECT_FALSE(client.PullDelta());
  client.Ack(*endpoints);
  EXPECT_EQ(client.PullDelta()->type_url(), kRouteType);
}

// A client that never asks, or never answers, is not kept from its routes for ever.
TEST_F(StreamOrderTest, WaitsRunOut) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  SubscribeAll(client);
  client.DrainDelta();
  Change(ResourceSet::Builder(set_)
             .Put(kClusterType, "c2", "c2")
             .Put(kEndpointType, "c2", "e2")
             .Put(kRouteType, "r", "r2"));
  client.PullDelta();
  EXPECT_FALSE(client.PullDelta());
  const int wakes = client.wakes();
  engine_.now += absl::Seconds(5);
  engine_.server.Tick();
  EXPECT_GT(client.wakes(), wakes);
  EXPECT_EQ(client.PullDelta()->type_url(), kRouteType);
}

TEST_F(StreamOrderTest, ClusterGoesWhenTheRoutesHaveLeftIt) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  SubscribeAll(client);
  client.DrainDelta();
  Change(ResourceSet::Builder(set_)
             .Remove(kClusterType, "c1")
             .Remove(kEndpointType, "c1")
             .Remove(kSecretType, "s")
             .Put(kRouteType, "r", "r2"));
  const auto routes = client.PullDelta();
  EXPECT_EQ(routes->type_url(), kRouteType);
  EXPECT_FALSE(client.PullDelta());
  client.Ack(*routes);
  const auto rest = client.DrainDelta();
  EXPECT_EQ(TypesOf(rest), (Names{"Cluster", "ClusterLoadAssignment", "Secret"}));
  EXPECT_EQ(RemovedOf(rest[0]), Names{"c1"});
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kLive);
}

// A refused route table goes on in its old version, so its old cluster must stay.
TEST_F(StreamOrderTest, ClusterOfARefusedRouteStays) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  SubscribeAll(client);
  client.DrainDelta();
  Change(ResourceSet::Builder(set_).Remove(kClusterType, "c1").Put(kRouteType, "r", "bad"));
  client.Nack(*client.PullDelta(), "no");
  EXPECT_FALSE(client.PullDelta());
  Change(ResourceSet::Builder(set_).Put(kRouteType, "r", "r3"));
  EXPECT_EQ(TypesOf(client.DrainDelta()), (Names{"RouteConfiguration", "Cluster"}));
}

// Its refusal must not keep it: who deletes what a proxy refused wants to be rid of both.
TEST_F(StreamOrderTest, ARefusedClusterThatIsDeletedGoes) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  SubscribeAll(client);
  client.DrainDelta();
  Change(ResourceSet::Builder(set_).Put(kClusterType, "bad", "b1"));
  client.Nack(*client.PullDelta(), "cluster \"bad\": no");
  EXPECT_FALSE(client.PullDelta());
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kRefused);
  Change(ResourceSet::Builder(set_).Remove(kClusterType, "bad"));
  const auto rest = client.DrainDelta();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(RemovedOf(rest[0]), Names{"bad"});
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kLive);
}

// The refused one goes on in its old version, which points at its endpoints.
TEST_F(StreamOrderTest, EndpointsOfARefusedClusterStay) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  SubscribeAll(client);
  client.DrainDelta();
  Change(ResourceSet::Builder(set_).Put(kClusterType, "c1", "bad").Remove(kEndpointType, "c1"));
  client.Nack(*client.PullDelta(), "cluster \"c1\": no");
  EXPECT_FALSE(client.PullDelta());
  Change(ResourceSet::Builder(set_).Put(kClusterType, "c1", "c1c"));
  const auto rest = client.DrainDelta();
  EXPECT_EQ(TypesOf(rest), (Names{"Cluster", "ClusterLoadAssignment"}));
  EXPECT_EQ(RemovedOf(rest.back()), Names{"c1"});
}

TEST_F(StreamOrderTest, StateOfTheWorldKeepsTheClusterUntilTheRoutesHaveLeftIt) {
  EngineClient client(engine_, PeerOf("ns/gw"), {StreamKind::kStateOfTheWorld, {}});
  client.Ask(kClusterType, {});
  client.Ask(kRouteType, {"r"});
  client.Ack(*client.PullSotw(), {});
  engine_.now += absl::Seconds(3);  // c1's endpoints are not asked for here
  client.Ack(*client.PullSotw(), {"r"});
  Change(ResourceSet::Builder(set_)
             .Remove(kClusterType, "c1")
             .Put(kClusterType, "c2", "c2")
             .Put(kRouteType, "r", "r2"));
  const auto both = client.PullSotw();
  EXPECT_EQ(ValuesOf(*both), (Names{"c1", "c2"}));
  client.Ack(*both, {});
  client.Ack(*client.PullSotw(), {"r"});
  const auto last = client.PullSotw();
  EXPECT_EQ(ValuesOf(*last), Names{"c2"});
  EXPECT_NE(last->version_info(), both->version_info());
}

// Envoy warms changed clusters alone, so the others' endpoints need not follow.
TEST_F(StreamOrderTest, StateOfTheWorldEndpointsFollowTheirOwnClusterOnly) {
  Change(ResourceSet::Builder(set_).Put(kClusterType, "c2", "c2").Put(kEndpointType, "c2", "e2"));
  EngineClient client(engine_, PeerOf("ns/gw"), {StreamKind::kStateOfTheWorld, {}});
  client.Ask(kClusterType, {});
  client.Ask(kEndpointType, {"c1", "c2"});
  client.Ack(*client.PullSotw(), {});
  client.Ack(*client.PullSotw(), {"c1", "c2"});
  Change(ResourceSet::Builder(set_).Put(kClusterType, "c2", "c2b"));
  EXPECT_EQ(ValuesOf(client.PullSotw().value()), (Names{"c1", "c2b"}));
  EXPECT_EQ(ValuesOf(client.PullSotw().value()), Names{"e2"});
}

// The reader is not live before it has asked for what a new listener needs.
TEST_F(StreamOrderTest, ListenersRoutesAreExpected) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kListenerType, {"*"});
  client.DrainDelta();
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kLive);
  Change(ResourceSet::Builder(set_)
             .Put(kListenerType, "l2", "l2", {{std::string(kRouteType), "r2"}})
             .Put(kRouteType, "r2", "r2"));
  client.DrainDelta();
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kSyncing);
  client.Subscribe(kRouteType, {"r2"});
  client.DrainDelta();
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kLive);
}

// Aim: a removed and an added resource in random updates never leave a client short.
// Method: a model client that applies what it is sent, against the truth, over many updates.
TEST_F(StreamOrderTest, ManyUpdatesConverge) {
  Change(ResourceSet::Builder());
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kClusterType, {"*"});
  client.Subscribe(kRouteType, {"*"});
  std::map<std::string, std::string> have;
  const auto apply = [&] {
    for (const DeltaResponse& response : client.DrainDelta()) {
      for (const auto& resource : response.resources()) {
        have[response.type_url() + resource.name()] = resource.resource().value();
      }
      for (const auto& name : response.removed_resources()) {
        have.erase(response.type_url() + name);
      }
    }
  };
  uint32_t seed = 1;
  const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
  for (int round = 0; round < 200; ++round) {
    ResourceSet::Builder builder(set_);
    for (int i = 0; i < 5; ++i) {
      const auto type = next() >> 16 & 1 ? kClusterType : kRouteType;
      const std::string name = absl::StrCat("n", (next() >> 16) % 60);
      if (next() >> 16 & 1) {
        builder.Put(type, name, absl::StrCat((next() >> 16) % 3));
      } else {
        builder.Remove(type, name);
      }
    }
    Change(builder);
    if (next() >> 16 & 1) apply();
  }
  apply();
  std::map<std::string, std::string> truth;
  for (const auto type : {kClusterType, kRouteType}) {
    set_.OfType(type).ForEach([&](const ResourcePtr& resource) {
      truth[absl::StrCat(type, resource->name)] = *resource->value;
    });
  }
  EXPECT_EQ(have, truth);
}

// A gateway with two consumers, and a client that has them.
class ConsumerOrderTest : public StreamOrderTest {
 protected:
  void SetUp() override {
    StreamOrderTest::SetUp();
    Change(ResourceSet::Builder(set_)
               .Put(kConsumerType, "shop/a", "a1")
               .Put(kConsumerType, "shop/b", "b1"));
    SubscribeAll(client_);
    client_.Subscribe(kConsumerType, {"*"});
    client_.DrainDelta();
  }

  EngineClient client_{engine_, PeerOf("ns/gw"), {}};
};

TEST_F(ConsumerOrderTest, OneThatChangesIsSentAlone) {
  Change(ResourceSet::Builder(set_).Put(kConsumerType, "shop/b", "b2"));
  const auto responses = client_.DrainDelta();
  ASSERT_EQ(TypesOf(responses), Names{"Consumer"});
  EXPECT_EQ(NamesOf(responses[0]), Names{"shop/b"});
}

TEST_F(ConsumerOrderTest, NewOnesComeBeforeTheRoutesThatNeedThem) {
  Change(ResourceSet::Builder(set_)
             .Put(kConsumerType, "shop/c", "c1")
             .Put(kListenerType, "l", "l2")
             .Put(kRouteType, "r", "r2"));
  EXPECT_EQ(TypesOf(client_.DrainDelta()), (Names{"Consumer", "Listener", "RouteConfiguration"}));
}

TEST_F(ConsumerOrderTest, OnesThatGoWaitForTheRoutesThatNeededThem) {
  Change(ResourceSet::Builder(set_).Remove(kConsumerType, "shop/a").Put(kRouteType, "r", "r2"));
  const auto routes = client_.PullDelta();
  EXPECT_EQ(routes->type_url(), kRouteType);
  EXPECT_FALSE(client_.PullDelta());
  client_.Ack(*routes);
  const auto consumers = client_.PullDelta();
  ASSERT_TRUE(consumers.has_value());
  EXPECT_EQ(consumers->type_url(), kConsumerType);
  EXPECT_EQ(consumers->removed_resources_size(), 1);
}

TEST_F(ConsumerOrderTest, ARefusedRouteKeepsNoCredentialAlive) {
  Change(ResourceSet::Builder(set_).Remove(kConsumerType, "shop/a").Put(kRouteType, "r", "bad"));
  client_.Nack(*client_.PullDelta(), "r is bad");
  const auto consumers = client_.PullDelta();
  ASSERT_TRUE(consumers.has_value());
  EXPECT_EQ(consumers->type_url(), kConsumerType);
  EXPECT_EQ(consumers->removed_resources_size(), 1);
}

TEST_F(ConsumerOrderTest, NorDoesAnAnswerThatNeverComes) {
  Change(ResourceSet::Builder(set_).Remove(kConsumerType, "shop/a").Put(kRouteType, "r", "r2"));
  ASSERT_TRUE(client_.PullDelta().has_value());
  EXPECT_FALSE(client_.PullDelta());
  const int wakes = client_.wakes();
  engine_.now += absl::Seconds(5);
  engine_.server.Tick();
  EXPECT_GT(client_.wakes(), wakes);
  const auto consumers = client_.PullDelta();
  ASSERT_TRUE(consumers.has_value());
  EXPECT_EQ(consumers->type_url(), kConsumerType);
}

}  // namespace
}  // namespace sluice::xdsserver
