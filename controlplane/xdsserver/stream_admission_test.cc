// SPDX-License-Identifier: Apache-2.0
// Who gets what: identity comes from the credential (attacks CP-02, CP-03, CP-04), and what a
// client can grow is bounded.
#include "absl/strings/str_cat.h"
#include "controlplane/xdsserver/engine_client.h"
#include "controlplane/xdsserver/type_urls.h"
#include "gtest/gtest.h"

namespace sluice::xdsserver {
namespace {

const StreamShape kAdsDelta{StreamKind::kDelta, {}};

ResourceSet OneCluster(std::string value) {
  return ResourceSet::Builder().Put(kClusterType, "c", std::move(value)).Build();
}

class StreamAdmissionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_.cache.Set("shop/edge", OneCluster("shop's"));
    engine_.cache.Set("bank/edge", OneCluster("bank's"));
  }

  Engine engine_;
};

TEST_F(StreamAdmissionTest, GatewayOfTheCredentialIsServed) {
  EngineClient client(engine_, PeerOf("shop/edge"), kAdsDelta);
  client.Subscribe(kClusterType, {});
  EXPECT_EQ(ValuesOf(client.PullDelta().value()), Names{"shop's"});
}

TEST_F(StreamAdmissionTest, AnotherGatewayIsDeniedAndNothingOfItSent) {
  EngineClient warm(engine_, PeerOf("bank/edge"), kAdsDelta);
  warm.Subscribe(kClusterType, {});
  ASSERT_TRUE(warm.PullDelta());

  EngineClient client(engine_, PeerOf("shop/edge"), kAdsDelta);
  client.SetNode("proxy-1", "bank/edge");
  client.Subscribe(kClusterType, {"c"});
  const auto end = client.PullFinish();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->code, FinishCode::kPermissionDenied);
  EXPECT_NE(end->text.find("bank/edge"), std::string::npos);
  EXPECT_TRUE(end->message.empty());
}

TEST_F(StreamAdmissionTest, NodeIdOfAnotherDoesNotEvictIt) {
  EngineClient real(engine_, PeerOf("shop/edge"), kAdsDelta);
  real.SetNode("proxy-7", "shop/edge");
  real.Subscribe(kClusterType, {});
  real.DrainDelta();
  {
    EngineClient thief(engine_, PeerOf("shop/edge"), kAdsDelta);
    thief.SetNode("proxy-7", "shop/edge");
    thief.Subscribe(kClusterType, {});
    EXPECT_EQ(engine_.fleet.View("shop/edge").size(), 2u);
    EngineClient stranger(engine_, PeerOf("bank/edge"), kAdsDelta);
    stranger.SetNode("proxy-7", "shop/edge");
    stranger.Subscribe(kClusterType, {});
    EXPECT_EQ(stranger.PullFinish()->code, FinishCode::kPermissionDenied);
  }
  ASSERT_EQ(engine_.fleet.View("shop/edge").size(), 1u);
  engine_.cache.Set("shop/edge", OneCluster("newer"));
  EXPECT_EQ(ValuesOf(real.PullDelta().value()), Names{"newer"});
}

// The first node counts; a later one cannot move the stream to another Gateway.
TEST_F(StreamAdmissionTest, LaterNodeIsNotLookedAt) {
  Peer peer = PeerOf("shop/edge");
  peer.groups.push_back("bank/edge");
  EngineClient client(engine_, peer, kAdsDelta);
  client.SetNode("proxy-1", "shop/edge");
  client.Subscribe(kClusterType, {});
  client.DrainDelta();
  DeltaRequest request;
  request.mutable_node()->set_id("proxy-1");
  request.mutable_node()->set_cluster("bank/edge");
  request.set_type_url(std::string(kClusterType));
  request.add_resource_names_subscribe("c");
  client.Send(request);
  EXPECT_EQ(ValuesOf(client.PullDelta().value()), Names{"shop's"});
}

// What a proxy does not support it knows when it has read it: later than its first message.
TEST_F(StreamAdmissionTest, TheFieldsThatALaterNodeListsAreShown) {
  EngineClient client(engine_, PeerOf("shop/edge"), kAdsDelta);
  client.SetNode("proxy-1", "shop/edge");
  client.Subscribe(kClusterType, {});
  client.DrainDelta();
  const auto list = [&](const std::vector<std::string>& fields) {
    DeltaRequest request;
    request.mutable_node()->set_id("proxy-1");
    auto& metadata = *request.mutable_node()->mutable_metadata()->mutable_fields();
    auto& values = *metadata["sluice.unsupported_fields"].mutable_list_value();
    for (const std::string& field : fields) values.add_values()->set_string_value(field);
    request.set_type_url(std::string(kClusterType));
    client.Send(request);
    return engine_.fleet.View("shop/edge").at(0).unsupported_fields;
  };
  EXPECT_EQ(list({"Cluster.foo: in cluster \"c\""}), Names{"Cluster.foo: in cluster \"c\""});
  EXPECT_TRUE(list({}).empty()) << "an empty list takes the last one back";
}

TEST_F(StreamAdmissionTest, CredentialOfOneGatewayNeedsNoCluster) {
  EngineClient client(engine_, PeerOf("shop/edge"), kAdsDelta);
  client.SetNode("grpc-client", "");
  client.Subscribe(kClusterType, {});
  EXPECT_EQ(ValuesOf(client.PullDelta().value()), Names{"shop's"});
}

TEST_F(StreamAdmissionTest, PeerOfAnyGatewayMustNameOne) {
  const Peer anyone{"loopback", "loopback", {}, true};
  EngineClient named(engine_, anyone, kAdsDelta);
  named.SetNode("p", "bank/edge");
  named.Subscribe(kClusterType, {});
  EXPECT_EQ(ValuesOf(named.PullDelta().value()), Names{"bank's"});
  EngineClient unnamed(engine_, anyone, kAdsDelta);
  unnamed.SetNode("p", "");
  unnamed.Subscribe(kClusterType, {});
  EXPECT_EQ(unnamed.PullFinish()->code, FinishCode::kInvalidArgument);
}

TEST_F(StreamAdmissionTest, FirstMessageWithoutNodeIsRefused) {
  EngineClient client(engine_, PeerOf("shop/edge"), kAdsDelta);
  DeltaRequest request;
  request.set_type_url(std::string(kClusterType));
  client.SendBytes(request.SerializeAsString());
  EXPECT_EQ(client.PullFinish()->code, FinishCode::kInvalidArgument);
}

TEST_F(StreamAdmissionTest, GarbageEndsTheStreamAndNoOther) {
  EngineClient good(engine_, PeerOf("shop/edge"), kAdsDelta);
  EngineClient bad(engine_, PeerOf("shop/edge"), kAdsDelta);
  bad.SendBytes("\xff\xff\xff\xff");
  EXPECT_EQ(bad.PullFinish()->code, FinishCode::kInvalidArgument);
  good.Subscribe(kClusterType, {});
  EXPECT_TRUE(good.PullDelta());
}

TEST_F(StreamAdmissionTest, StreamOfOneTypeCarriesNoOther) {
  EngineClient client(engine_, PeerOf("shop/edge"),
                      {StreamKind::kDelta, std::string(kClusterType)});
  client.Subscribe("", {});  // the type may be left out here
  EXPECT_EQ(ValuesOf(client.PullDelta().value()), Names{"shop's"});
  client.Subscribe(kSecretType, {"s"});
  EXPECT_EQ(client.PullFinish()->code, FinishCode::kInvalidArgument);
}

TEST_F(StreamAdmissionTest, AggregatedStreamNeedsATypeUrl) {
  EngineClient client(engine_, PeerOf("shop/edge"), kAdsDelta);
  client.Subscribe("", {});
  EXPECT_EQ(client.PullFinish()->code, FinishCode::kInvalidArgument);
}

TEST(StreamLimitsTest, NamesAndTypesAreBounded) {
  StreamLimits limits;
  limits.max_names = 10;
  limits.max_types = 2;
  Engine engine(limits);
  EngineClient names(engine, PeerOf("a/b"), kAdsDelta);
  Names many;
  for (int i = 0; i < 11; ++i) many.push_back(absl::StrCat("n", i));
  names.Subscribe(kRouteType, many);
  EXPECT_EQ(names.PullFinish()->code, FinishCode::kResourceExhausted);
  EngineClient types(engine, PeerOf("a/b"), kAdsDelta);
  for (const char* type : {"t1", "t2", "t3"}) types.Subscribe(type, {"x"});
  EXPECT_EQ(types.PullFinish()->code, FinishCode::kResourceExhausted);
}

// What a client has still to be told is kept as names are, so it counts as names do.
TEST(StreamLimitsTest, NamesThatAreOnlyAskedAboutAreBounded) {
  StreamLimits limits;
  limits.max_names = 10;
  Engine engine(limits);
  Names many;
  for (int i = 0; i < 11; ++i) many.push_back(absl::StrCat("n", i));
  EngineClient client(engine, PeerOf("a/b"), kAdsDelta);
  client.Subscribe(kClusterType, {"*"});
  EXPECT_FALSE(client.PullFinish());
  client.Subscribe(kClusterType, {}, many);
  EXPECT_EQ(client.PullFinish()->code, FinishCode::kResourceExhausted);
}

TEST(StreamLimitsTest, NamesThatAreDroppedAgainDoNotCount) {
  StreamLimits limits;
  limits.max_names = 10;
  Engine engine(limits);
  EngineClient client(engine, PeerOf("a/b"), kAdsDelta);
  for (int round = 0; round < 10; ++round) {
    const Names names = {absl::StrCat("a", round), absl::StrCat("b", round)};
    client.Subscribe(kRouteType, names);
    client.Subscribe(kRouteType, {}, names);
  }
  EXPECT_FALSE(client.PullFinish());
}

TEST(StreamLimitsTest, TheHistoryOfAClientIsBounded) {
  StreamLimits limits;
  limits.max_names = 10;
  Engine engine(limits);
  const auto finish_after = [&engine](int names) {
    EngineClient client(engine, PeerOf("a/b"), kAdsDelta);
    for (const std::string_view type_url : {kClusterType, kListenerType}) {
      DeltaRequest request;
      request.set_type_url(std::string(type_url));
      request.add_resource_names_subscribe("*");
      for (int i = 0; i < names; ++i) {
        (*request.mutable_initial_resource_versions())[absl::StrCat("n", i)] = "0123456789abcdef";
      }
      client.Send(request);
    }
    return client.PullFinish();
  };
  EXPECT_FALSE(finish_after(5));
  ASSERT_TRUE(finish_after(6)) << "over both types";
  EXPECT_EQ(finish_after(11)->code, FinishCode::kResourceExhausted);
}

TEST(StreamLimitsTest, FullServerOpensNoMore) {
  Engine engine({}, /*max_streams=*/1);
  {
    EngineClient first(engine, PeerOf("a/b"), kAdsDelta);
    EXPECT_EQ(engine.server.Open(PeerOf("a/b"), kAdsDelta, {}), nullptr);
  }
  EXPECT_NE(engine.server.Open(PeerOf("a/b"), kAdsDelta, {}), nullptr);
}

}  // namespace
}  // namespace sluice::xdsserver
