// SPDX-License-Identifier: Apache-2.0
// The state-of-the-world protocol, rule by rule (xds-surface P2 to P6).
#include "controlplane/xdsserver/engine_client.h"
#include "controlplane/xdsserver/type_urls.h"
#include "gtest/gtest.h"

namespace sluice::xdsserver {
namespace {

const StreamShape kSotw{StreamKind::kStateOfTheWorld, {}};

class StreamSotwTest : public ::testing::Test {
 protected:
  void Put(std::string_view type_url, std::string name, std::string value) {
    set_ = ResourceSet::Builder(set_).Put(type_url, std::move(name), std::move(value)).Build();
    engine_.cache.Set("ns/gw", set_);
  }
  void Remove(std::string_view type_url, std::string_view name) {
    set_ = ResourceSet::Builder(set_).Remove(type_url, name).Build();
    engine_.cache.Set("ns/gw", set_);
  }

  Engine engine_;
  ResourceSet set_;
};

TEST_F(StreamSotwTest, RootTypeCarriesEverythingEachTime) {
  Put(kListenerType, "a", "a1");
  Put(kListenerType, "b", "b1");
  EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
  client.Ask(kListenerType, {});
  auto response = client.PullSotw();
  EXPECT_EQ(ValuesOf(*response), (Names{"a1", "b1"}));
  client.Ack(*response, {});
  EXPECT_FALSE(client.PullSotw());
  const std::string before = response->version_info();
  Put(kListenerType, "b", "b2");
  response = client.PullSotw();
  EXPECT_EQ(ValuesOf(*response), (Names{"a1", "b2"}));
  EXPECT_NE(response->version_info(), before);
  client.Ack(*response, {});
  // P6: absence is deletion.
  Remove(kListenerType, "a");
  response = client.PullSotw();
  EXPECT_EQ(ValuesOf(*response), Names{"b2"});
  client.Ack(*response, {});
  Remove(kListenerType, "b");
  response = client.PullSotw();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->resources_size(), 0);
}

TEST_F(StreamSotwTest, RootTypeOverNothingIsAnsweredOnce) {
  Put(kRouteType, "r", "1");
  EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
  client.Ask(kListenerType, {});
  const auto response = client.PullSotw();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->resources_size(), 0);
  client.Ack(*response, {});
  EXPECT_FALSE(client.PullSotw());
}

TEST_F(StreamSotwTest, OtherTypesCarryWhatChanged) {
  Put(kEndpointType, "a", "a1");
  Put(kEndpointType, "b", "b1");
  Put(kEndpointType, "c", "c1");
  EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
  client.Ask(kEndpointType, {"a", "b"});
  auto response = client.PullSotw();
  EXPECT_EQ(ValuesOf(*response), (Names{"a1", "b1"}));
  client.Ack(*response, {"a", "b"});
  Put(kEndpointType, "b", "b2");
  response = client.PullSotw();
  EXPECT_EQ(ValuesOf(*response), Names{"b2"});
  client.Ack(*response, {"a", "b", "c"});
  EXPECT_EQ(ValuesOf(client.PullSotw().value()), Names{"c1"});
}

// P6: a name that is not there, or goes away, is not worth a response; one that comes is.
TEST_F(StreamSotwTest, AbsenceOfOtherTypesIsSilent) {
  Put(kRouteType, "r", "r1");
  EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
  client.Ask(kRouteType, {"missing"});
  EXPECT_FALSE(client.PullSotw());
  Put(kRouteType, "missing", "m1");
  const auto response = client.PullSotw();
  EXPECT_EQ(ValuesOf(*response), Names{"m1"});
  client.Ack(*response, {"missing"});
  Remove(kRouteType, "missing");
  EXPECT_FALSE(client.PullSotw());
}

// gRPC's clients name listeners and clusters, and learn of a missing one by its absence.
TEST_F(StreamSotwTest, RootTypeByNameIsAnsweredWithWhatThereIs) {
  Put(kListenerType, "svc:80", "l1");
  Put(kListenerType, "other", "o1");
  EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
  client.Ask(kListenerType, {"svc:80"});
  auto response = client.PullSotw();
  EXPECT_EQ(ValuesOf(*response), Names{"l1"});
  client.Ack(*response, {"svc:80", "nope"});
  response = client.PullSotw();
  EXPECT_EQ(ValuesOf(*response), Names{"l1"});
  client.Ack(*response, {"svc:80", "nope"});
  Put(kListenerType, "other", "o2");
  EXPECT_FALSE(client.PullSotw());
}

// P5: once a name was given, an empty list is nothing.
TEST_F(StreamSotwTest, EmptyListAfterANameMeansNothing) {
  Put(kClusterType, "a", "a1");
  EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
  client.Ask(kClusterType, {"a"});
  const auto response = client.PullSotw();
  client.Ack(*response, {});
  Put(kClusterType, "a", "a2");
  EXPECT_FALSE(client.PullSotw());
}

// P4.
TEST_F(StreamSotwTest, StaleNonceIsIgnored) {
  Put(kRouteType, "a", "a1");
  Put(kRouteType, "b", "b1");
  EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
  client.Ask(kRouteType, {"a"});
  const auto first = client.PullSotw();
  client.Ack(*first, {"a"});
  Put(kRouteType, "a", "a2");
  const auto second = client.PullSotw();
  client.Ack(*first, {"a", "b"});  // crossed the second response on the way
  EXPECT_FALSE(client.PullSotw());
  EXPECT_TRUE(engine_.fleet.View().at(0).types.at(0).unacked_since.has_value());
  client.Ack(*second, {"a", "b"});
  EXPECT_EQ(ValuesOf(client.PullSotw().value()), Names{"b1"});
}

// P2: only error_detail tells a NACK; the same version is not sent again.
TEST_F(StreamSotwTest, NackIsKeptAndNotAnswered) {
  Put(kListenerType, "l", "l1");
  EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
  client.Ask(kListenerType, {});
  const auto first = client.PullSotw();
  client.Ack(*first, {});
  Put(kListenerType, "l", "l2");
  const auto second = client.PullSotw();
  client.Nack(*second, {}, first->version_info(), "bad \"l\"");
  EXPECT_FALSE(client.PullSotw());
  const auto status = engine_.fleet.View().at(0);
  EXPECT_EQ(status.state, ProxyState::kRefused);
  EXPECT_EQ(status.types.at(0).version_acked, first->version_info());
  EXPECT_EQ(status.types[0].refusal->version, second->version_info());
  EXPECT_EQ(status.types[0].refusal->resources, Names{"l"});
  Put(kListenerType, "l", "l3");
  client.Ack(*client.PullSotw(), {});
  EXPECT_FALSE(client.PullSotw());
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kLive);
}

// Only root types can report a removal, so no answer comes that would end the refusal.
TEST_F(StreamSotwTest, RefusedResourceThatGoesAwayIsNoRefusalAnyMore) {
  Put(kRouteType, "bad", "r1");
  EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
  client.Ask(kRouteType, {"bad"});
  client.Nack(*client.PullSotw(), {"bad"}, "", "no idea");
  EXPECT_FALSE(client.PullSotw());
  EXPECT_EQ(engine_.fleet.View().at(0).state, ProxyState::kRefused);
  Remove(kRouteType, "bad");
  EXPECT_FALSE(client.PullSotw());
  const auto status = engine_.fleet.View().at(0);
  EXPECT_EQ(status.state, ProxyState::kLive);
  EXPECT_FALSE(status.types.at(0).refusal.has_value());
}

// P3: a version outlives its stream; a wildcard client that has the current one gets nothing new.
TEST_F(StreamSotwTest, ReconnectWithTheCurrentVersionIsQuiet) {
  Put(kClusterType, "c", "c1");
  std::string version;
  {
    EngineClient client(engine_, PeerOf("ns/gw"), kSotw);
    client.Ask(kClusterType, {});
    version = client.PullSotw()->version_info();
  }
  EngineClient again(engine_, PeerOf("ns/gw"), kSotw);
  SotwRequest request;
  request.set_type_url(std::string(kClusterType));
  request.set_version_info(version);
  again.Send(request);
  EXPECT_FALSE(again.PullSotw());
  Put(kClusterType, "c", "c2");
  EXPECT_EQ(ValuesOf(again.PullSotw().value()), Names{"c2"});

  EngineClient old(engine_, PeerOf("ns/gw"), kSotw);
  old.Send(request);
  EXPECT_EQ(ValuesOf(old.PullSotw().value()), Names{"c2"});
}

// With names the version does not tell what the client has: it may have added one since.
TEST_F(StreamSotwTest, ReconnectByNameIsAlwaysAnswered) {
  Put(kEndpointType, "e", "e1");
  EngineClient first(engine_, PeerOf("ns/gw"), kSotw);
  first.Ask(kEndpointType, {"e"});
  SotwRequest request;
  request.set_type_url(std::string(kEndpointType));
  request.add_resource_names("e");
  request.set_version_info(first.PullSotw()->version_info());
  EngineClient again(engine_, PeerOf("ns/gw"), kSotw);
  again.Send(request);
  EXPECT_EQ(ValuesOf(again.PullSotw().value()), Names{"e1"});
}

}  // namespace
}  // namespace sluice::xdsserver
