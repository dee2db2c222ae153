// SPDX-License-Identifier: Apache-2.0
// The delta protocol, rule by rule (xds-surface P3 to P9, P17).
#include "absl/strings/str_cat.h"
#include "controlplane/xdsserver/engine_client.h"
#include "controlplane/xdsserver/type_urls.h"
#include "gtest/gtest.h"

namespace sluice::xdsserver {
namespace {

class StreamDeltaTest : public ::testing::Test {
 protected:
  void Put(std::string_view type_url, std::string name, std::string value) {
    set_ = ResourceSet::Builder(set_).Put(type_url, std::move(name), std::move(value)).Build();
    engine_.cache.Set("ns/gw", set_);
  }
  void Remove(std::string_view type_url, std::string_view name) {
    set_ = ResourceSet::Builder(set_).Remove(type_url, name).Build();
    engine_.cache.Set("ns/gw", set_);
  }
  std::string VersionOf(std::string_view type_url, std::string_view name) {
    EngineClient client(engine_, PeerOf("ns/gw"), {});
    client.Subscribe(type_url, {std::string(name)});
    return client.PullDelta()->resources(0).version();
  }

  Engine engine_;
  ResourceSet set_;
};

TEST_F(StreamDeltaTest, WildcardGetsAllAndThenWhatChanges) {
  Put(kListenerType, "a", "1");
  Put(kListenerType, "b", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kListenerType, {});
  auto response = client.PullDelta();
  EXPECT_EQ(NamesOf(*response), (Names{"a", "b"}));
  EXPECT_EQ(response->system_version_info(), set_.Version());
  client.Ack(*response);
  EXPECT_FALSE(client.PullDelta());

  Put(kListenerType, "b", "2");
  Put(kListenerType, "c", "1");
  Remove(kListenerType, "a");
  EXPECT_EQ(client.wakes(), 3);
  response = client.PullDelta();
  EXPECT_EQ(NamesOf(*response), (Names{"b", "c"}));
  EXPECT_EQ(RemovedOf(*response), Names{"a"});
}

TEST_F(StreamDeltaTest, WildcardOverNothingIsAnsweredOnce) {
  Put(kRouteType, "r", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kListenerType, {"*"});
  const auto response = client.PullDelta();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->resources_size() + response->removed_resources_size(), 0);
  client.Ack(*response);
  EXPECT_FALSE(client.PullDelta());
}

TEST_F(StreamDeltaTest, NothingIsSentBeforeThereIsASnapshot) {
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kListenerType, {});
  EXPECT_FALSE(client.PullDelta());
  Put(kListenerType, "a", "1");
  EXPECT_EQ(client.wakes(), 1);
  EXPECT_EQ(NamesOf(client.PullDelta().value()), Names{"a"});
}

// P7: a name that does not exist is answered as removed, and sent when it comes to be.
TEST_F(StreamDeltaTest, AbsentNameIsAnsweredAsRemoved) {
  Put(kRouteType, "there", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kRouteType, {"there", "not"});
  const auto response = client.PullDelta();
  EXPECT_EQ(NamesOf(*response), Names{"there"});
  EXPECT_EQ(RemovedOf(*response), Names{"not"});
  client.Ack(*response);
  Put(kRouteType, "not", "1");
  EXPECT_EQ(NamesOf(client.PullDelta().value()), Names{"not"});
}

TEST_F(StreamDeltaTest, NamesNotAskedForAreNotSent) {
  Put(kRouteType, "mine", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kRouteType, {"mine"});
  client.DrainDelta();
  Put(kRouteType, "other", "1");
  EXPECT_FALSE(client.PullDelta());
  client.Subscribe(kRouteType, {"other"});
  EXPECT_EQ(NamesOf(client.PullDelta().value()), Names{"other"});
}

// P7.
TEST_F(StreamDeltaTest, ResubscribedNameIsSentAgain) {
  Put(kRouteType, "r", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kRouteType, {"r"});
  client.DrainDelta();
  client.Subscribe(kRouteType, {"r"});
  EXPECT_EQ(NamesOf(client.PullDelta().value()), Names{"r"});
}

TEST_F(StreamDeltaTest, UnsubscribedNameIsSentNoMore) {
  Put(kRouteType, "r", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kRouteType, {"r"});
  client.DrainDelta();
  client.Subscribe(kRouteType, {}, {"r"});
  Put(kRouteType, "r", "2");
  EXPECT_FALSE(client.PullDelta());
  Remove(kRouteType, "r");
  EXPECT_FALSE(client.PullDelta());
}

// P7: unsubscribing from a name that `*` covers too is answered, with what the client is to have.
TEST_F(StreamDeltaTest, UnsubscribeUnderTheWildcardIsAnswered) {
  Put(kClusterType, "c", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kClusterType, {"*", "c", "gone"});
  client.DrainDelta();
  client.Subscribe(kClusterType, {}, {"c", "gone"});
  const auto response = client.PullDelta();
  EXPECT_EQ(NamesOf(*response), Names{"c"});
  EXPECT_EQ(RemovedOf(*response), Names{"gone"});
}

TEST_F(StreamDeltaTest, WildcardTurnedOnLaterSendsTheRest) {
  Put(kClusterType, "a", "1");
  Put(kClusterType, "b", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kClusterType, {"a"});
  EXPECT_EQ(NamesOf(client.DrainDelta().at(0)), Names{"a"});
  client.Subscribe(kClusterType, {"*"});
  EXPECT_EQ(NamesOf(client.DrainDelta().at(0)), Names{"b"});
  client.Subscribe(kClusterType, {}, {"*"});
  Put(kClusterType, "b", "2");
  EXPECT_FALSE(client.PullDelta());
  client.Subscribe(kClusterType, {"*"});
  EXPECT_EQ(NamesOf(client.DrainDelta().at(0)), Names{"b"});
}

// P8: after a reconnect only what differs is sent, and what has gone is named.
TEST_F(StreamDeltaTest, ReconnectSendsWhatDiffers) {
  Put(kClusterType, "same", "1");
  Put(kClusterType, "changed", "1");
  DeltaRequest request;
  request.set_type_url(std::string(kClusterType));
  request.add_resource_names_subscribe("*");
  auto& versions = *request.mutable_initial_resource_versions();
  versions["same"] = VersionOf(kClusterType, "same");
  versions["changed"] = VersionOf(kClusterType, "changed");
  versions["gone"] = "0123456789abcdef";
  versions["foreign"] = "another server's";
  Put(kClusterType, "changed", "2");
  Put(kClusterType, "new", "1");
  Put(kClusterType, "foreign", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Send(request);
  const auto responses = client.DrainDelta();
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(NamesOf(responses[0]), (Names{"changed", "foreign", "new"}));
  EXPECT_EQ(RemovedOf(responses[1]), Names{"gone"});
}

TEST_F(StreamDeltaTest, ReconnectByNameWithNothingNewIsQuiet) {
  Put(kRouteType, "r", "1");
  DeltaRequest request;
  request.set_type_url(std::string(kRouteType));
  request.add_resource_names_subscribe("r");
  (*request.mutable_initial_resource_versions())["r"] = VersionOf(kRouteType, "r");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Send(request);
  EXPECT_FALSE(client.PullDelta());
  EXPECT_EQ(engine_.fleet.View()[0].state, ProxyState::kLive);
}

// P14: a client may have lost its stream between a cluster and its endpoints.
TEST_F(StreamDeltaTest, ReconnectSendsEndpointsEvenUnchanged) {
  Put(kEndpointType, "e", "1");
  DeltaRequest request;
  request.set_type_url(std::string(kEndpointType));
  request.add_resource_names_subscribe("e");
  (*request.mutable_initial_resource_versions())["e"] = VersionOf(kEndpointType, "e");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Send(request);
  EXPECT_EQ(NamesOf(client.PullDelta().value()), Names{"e"});
}

// P17: one open response a type; what happens meanwhile becomes one response.
TEST_F(StreamDeltaTest, UpdatesCoalesceWhileAResponseIsOpen) {
  Put(kRouteType, "r", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kRouteType, {"r", "s"});
  const auto first = client.PullDelta();
  for (int i = 2; i < 10; ++i) {
    Put(kRouteType, "r", absl::StrCat(i));
    EXPECT_FALSE(client.PullDelta());
  }
  Put(kRouteType, "s", "1");
  client.Ack(*first);
  const auto second = client.PullDelta();
  EXPECT_EQ(ValuesOf(*second), (Names{"1", "9"}));
  client.Ack(*second);
  EXPECT_FALSE(client.PullDelta());
}

// P4: a stale nonce acknowledges nothing, but its subscriptions count.
TEST_F(StreamDeltaTest, StaleNonceStillSubscribes) {
  Put(kRouteType, "r", "1");
  Put(kRouteType, "s", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kRouteType, {"r"});
  const auto first = client.PullDelta();
  DeltaRequest stale;
  stale.set_type_url(std::string(kRouteType));
  stale.set_response_nonce("long ago");
  stale.add_resource_names_subscribe("s");
  client.Send(stale);
  EXPECT_FALSE(client.PullDelta()) << "the first response is still open";
  client.Ack(*first);
  EXPECT_EQ(NamesOf(client.PullDelta().value()), Names{"s"});
}

TEST_F(StreamDeltaTest, NoncesDifferFromEachOther) {
  Put(kRouteType, "r", "1");
  Put(kSecretType, "s", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kRouteType, {"r"});
  client.Subscribe(kSecretType, {"s"});
  const auto first = client.PullDelta();
  const auto second = client.PullDelta();
  EXPECT_FALSE(first->nonce().empty());
  EXPECT_NE(first->nonce(), second->nonce());
}

// P10: what was refused is not sent again until it changes, and the good parts stay acknowledged.
TEST_F(StreamDeltaTest, RefusedResourceIsNotSentAgainUntilItChanges) {
  Put(kListenerType, "good", "1");
  Put(kListenerType, "bad", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kListenerType, {"*"});
  client.Nack(*client.PullDelta(), "listener \"bad\": port 0");
  EXPECT_FALSE(client.PullDelta());
  auto status = engine_.fleet.View().at(0);
  EXPECT_EQ(status.state, ProxyState::kRefused);
  ASSERT_TRUE(status.types.at(0).refusal.has_value());
  EXPECT_EQ(status.types[0].refusal->resources, Names{"bad"});
  EXPECT_EQ(status.types[0].refusal->version, set_.Version());

  // Another resource's acknowledgement does not make the bad one good.
  Put(kListenerType, "good", "2");
  client.DrainDelta();
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kRefused);

  Put(kListenerType, "bad", "2");
  EXPECT_EQ(NamesOf(client.DrainDelta().at(0)), Names{"bad"});
  status = engine_.fleet.View().at(0);
  EXPECT_EQ(status.state, ProxyState::kLive);
  EXPECT_FALSE(status.types[0].refusal.has_value());
}

TEST_F(StreamDeltaTest, RefusedResourceThatGoesAwayIsNoRefusalAnyMore) {
  Put(kListenerType, "bad", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kListenerType, {"*"});
  client.Nack(*client.PullDelta(), "no idea");
  EXPECT_EQ(engine_.fleet.View().at(0).types.at(0).refusal->resources, Names{"bad"});
  Remove(kListenerType, "bad");
  EXPECT_EQ(RemovedOf(client.DrainDelta().at(0)), Names{"bad"});
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kLive);
}

// No acknowledgement follows an unsubscription, so nothing else would end the refusal.
TEST_F(StreamDeltaTest, RefusedResourceThatIsUnsubscribedIsNoRefusalAnyMore) {
  Put(kRouteType, "bad", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), {});
  client.Subscribe(kRouteType, {"bad"});
  client.Nack(*client.PullDelta(), "no idea");
  EXPECT_FALSE(client.PullDelta());
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kRefused);
  client.Subscribe(kRouteType, {}, {"bad"});
  EXPECT_FALSE(client.PullDelta());
  const auto status = engine_.fleet.View().at(0);
  EXPECT_EQ(status.state, ProxyState::kLive);
  EXPECT_FALSE(status.types.at(0).refusal.has_value());
}

TEST(StreamDeltaSplitTest, BigAnswersAreSplitUnderTheCap) {
  StreamLimits limits;
  limits.response_bytes = 10'000;
  Engine engine(limits);
  ResourceSet::Builder builder;
  for (int i = 0; i < 100; ++i) {
    builder.Put(kRouteType, absl::StrCat("r", i), std::string(1000, 'x'));
  }
  builder.Put(kRouteType, "huge", std::string(50'000, 'x'));
  engine.cache.Set("ns/gw", builder.Build());
  EngineClient client(engine, PeerOf("ns/gw"), {});
  client.Subscribe(kRouteType, {"*"});
  size_t total = 0;
  const auto responses = client.DrainDelta();
  for (const auto& response : responses) {
    total += response.resources_size();
    if (response.resources_size() > 1) {
      EXPECT_LE(response.ByteSizeLong(), 10'200u);
    }
  }
  EXPECT_EQ(total, 101u);
  EXPECT_GT(responses.size(), 10u);
  EXPECT_EQ(engine.fleet.View().at(0).state, ProxyState::kLive);
}

}  // namespace
}  // namespace sluice::xdsserver
