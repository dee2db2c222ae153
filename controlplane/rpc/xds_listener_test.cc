// SPDX-License-Identifier: Apache-2.0
// The whole server over loopback: gRPC, credentials, engine. The client moves bytes; the messages
// are the generated ones.
#include "controlplane/rpc/xds_listener.h"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "controlplane/rpc/raw_client.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/resource_set.h"
#include "controlplane/xdsserver/server.h"
#include "controlplane/xdsserver/snapshot_cache.h"
#include "controlplane/xdsserver/type_urls.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "gtest/gtest.h"

namespace sluice::rpc {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using envoy::service::discovery::v3::DeltaDiscoveryResponse;
using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;
using xdsserver::kClusterType;
using xdsserver::kRouteType;
using xdsserver::ResourceSet;

constexpr char kDeltaAds[] =
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
constexpr char kSotwAds[] =
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
constexpr char kToken[] = "an-edge-token-of-shop";

constexpr int kOk = 0, kInvalidArgument = 3, kPermissionDenied = 7, kResourceExhausted = 8,
              kUnimplemented = 12, kUnavailable = 14, kUnauthenticated = 16;

std::string ReadTestFile(const std::string& name) {
  const std::ifstream file("controlplane/rpc/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string FirstDelta(std::string_view type_url, std::string cluster = "shop/edge") {
  DeltaDiscoveryRequest request;
  request.mutable_node()->set_id("proxy-1");
  request.mutable_node()->set_cluster(std::move(cluster));
  request.set_type_url(std::string(type_url));
  request.add_resource_names_subscribe("*");
  return request.SerializeAsString();
}

std::optional<DeltaDiscoveryResponse> ReadDelta(RawClient::Stream& stream) {
  const std::optional<std::string> bytes = stream.Read();
  DeltaDiscoveryResponse response;
  if (!bytes.has_value() || !response.ParseFromString(*bytes)) return std::nullopt;
  return response;
}

void AnswerDelta(RawClient::Stream& stream, const DeltaDiscoveryResponse& response,
                 const std::string& error = {}) {
  DeltaDiscoveryRequest request;
  request.set_type_url(response.type_url());
  request.set_response_nonce(response.nonce());
  if (!error.empty()) request.mutable_error_detail()->set_message(error);
  stream.Write(request.SerializeAsString());
}

class XdsListenerTest : public ::testing::Test {
 protected:
  XdsListenerTest() { Set("v1"); }

  uint64_t Set(const std::string& value) {
    return cache_.Set("shop/edge", ResourceSet::Builder().Put(kClusterType, "c", value).Build());
  }

  void Start(XdsListenerOptions options = {}, const std::string& credentials = {}) {
    options.address = "127.0.0.1:0";
    CredentialTable table;
    ASSERT_EQ(table.Parse(credentials), "");
    std::string error;
    listener_ = XdsListener::Start(options, std::move(table), server_, &error);
    ASSERT_NE(listener_, nullptr) << error;
    client_.target = "127.0.0.1:" + std::to_string(listener_->bound_port());
  }

  void StartTls(bool with_client_ca, const std::string& credentials = {}) {
    XdsListenerOptions options;
    options.certificate_pem = ReadTestFile("test_server.pem");
    options.key_pem = ReadTestFile("test_server.key");
    if (with_client_ca) options.client_ca_pem = ReadTestFile("test_ca.pem");
    Start(options, credentials);
    client_.ca_pem = ReadTestFile("test_ca.pem");
  }

  // The status of a call that asks for a Gateway's clusters; kOk if it is given them.
  int Try(const std::string& gateway = "shop/edge", std::string* text = nullptr) {
    auto stream = RawClient::Open(client_, kDeltaAds);
    stream->Write(FirstDelta(kClusterType, gateway));
    if (ReadDelta(*stream).has_value()) return kOk;
    return stream->Finish(text);
  }

  // Blocks until each connected proxy has answered the snapshot.
  xdsserver::Rollcall AwaitAll(uint64_t sequence) {
    absl::Notification done;
    xdsserver::Rollcall result;
    fleet_.Await("shop/edge", sequence, absl::Now(), [&](const xdsserver::Rollcall& call) {
      result = call;
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }

  xdsserver::SnapshotCache cache_{absl::Now};
  xdsserver::Fleet fleet_{absl::Now};
  xdsserver::DiscoveryServer server_{cache_, fleet_, absl::Now};
  std::unique_ptr<XdsListener> listener_;
  RawClient::Options client_;
};

TEST_F(XdsListenerTest, DeltaStreamFollowsChanges) {
  Start();
  auto stream = RawClient::Open(client_, kDeltaAds);
  stream->Write(FirstDelta(kClusterType));
  auto response = ReadDelta(*stream);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->resources(0).resource().value(), "v1");
  AnswerDelta(*stream, *response);
  const uint64_t sequence = Set("v2");
  response = ReadDelta(*stream);
  EXPECT_EQ(response->resources(0).resource().value(), "v2");
  AnswerDelta(*stream, *response);
  const xdsserver::Rollcall call = AwaitAll(sequence);
  ASSERT_EQ(call.answers.size(), 1u);
  EXPECT_EQ(call.answers[0].node_id, "proxy-1");
  EXPECT_EQ(call.answers[0].state, xdsserver::ProxyState::kLive);
  stream->WritesDone();
  EXPECT_EQ(stream->Finish(nullptr), kOk);
}

TEST_F(XdsListenerTest, NackReachesTheFleetAndTheOthersServeOn) {
  Start();
  auto good = RawClient::Open(client_, kDeltaAds);
  auto bad = RawClient::Open(client_, kDeltaAds);
  for (auto* stream : {good.get(), bad.get()}) {
    stream->Write(FirstDelta(kClusterType));
    AnswerDelta(*stream, ReadDelta(*stream).value());
  }
  const uint64_t sequence = Set("v2");
  AnswerDelta(*good, ReadDelta(*good).value());
  AnswerDelta(*bad, ReadDelta(*bad).value(), "cluster \"c\": no such policy");
  const xdsserver::Rollcall call = AwaitAll(sequence);
  ASSERT_EQ(call.answers.size(), 2u);
  int refused = 0;
  for (const auto& answer : call.answers) {
    if (answer.state != xdsserver::ProxyState::kRefused) continue;
    ++refused;
    EXPECT_EQ(answer.error, "cluster \"c\": no such policy");
  }
  EXPECT_EQ(refused, 1);
  Set("v3");
  EXPECT_EQ(ReadDelta(*good)->resources(0).resource().value(), "v3");
}

TEST_F(XdsListenerTest, StateOfTheWorldAndSeparateServicesWork) {
  Start();
  for (const char* method :
       {kSotwAds, "/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters"}) {
    auto stream = RawClient::Open(client_, method);
    DiscoveryRequest request;
    request.mutable_node()->set_id("proxy-1");
    request.mutable_node()->set_cluster("shop/edge");
    request.set_type_url(std::string(kClusterType));
    stream->Write(request.SerializeAsString());
    DiscoveryResponse response;
    ASSERT_TRUE(response.ParseFromString(stream->Read().value())) << method;
    EXPECT_EQ(response.resources(0).value(), "v1");
    EXPECT_EQ(response.control_plane().identifier(), "sluice-control");
  }
  auto stream =
      RawClient::Open(client_, "/envoy.service.route.v3.RouteDiscoveryService/DeltaRoutes");
  stream->Write(FirstDelta(kClusterType));
  EXPECT_FALSE(stream->Read().has_value());
  EXPECT_EQ(stream->Finish(nullptr), kInvalidArgument);
}

TEST_F(XdsListenerTest, UnknownMethodIsUnimplemented) {
  Start();
  for (const char* method :
       {"/envoy.service.discovery.v3.AggregatedDiscoveryService/Nope", "/x/y", "/nope"}) {
    auto stream = RawClient::Open(client_, method);
    EXPECT_FALSE(stream->Read().has_value());
    EXPECT_EQ(stream->Finish(nullptr), kUnimplemented) << method;
  }
}

TEST_F(XdsListenerTest, BigResourceArrivesWhole) {
  Start();
  const std::string big(3'500'000, 'x');
  Set(big);
  auto stream = RawClient::Open(client_, kDeltaAds);
  stream->Write(FirstDelta(kClusterType));
  EXPECT_EQ(ReadDelta(*stream)->resources(0).resource().value(), big);
}

TEST_F(XdsListenerTest, TokenDecidesTheGateway) {
  Start({}, std::string("token ") + kToken + " shop/edge\n");
  EXPECT_EQ(Try(), kUnauthenticated);
  client_.authorization = "Bearer wrong-token-of-sixteen";
  EXPECT_EQ(Try(), kUnauthenticated);
  client_.authorization = std::string("Basic ") + kToken;
  EXPECT_EQ(Try(), kUnauthenticated);
  client_.authorization = std::string("Bearer ") + kToken;
  EXPECT_EQ(Try(), kOk);
  EXPECT_EQ(Try("bank/edge"), kPermissionDenied);
}

TEST_F(XdsListenerTest, ReplacedCredentialsCountForTheNextCall) {
  Start({}, std::string("token ") + kToken + " shop/edge\n");
  client_.authorization = std::string("Bearer ") + kToken;
  EXPECT_EQ(Try(), kOk);
  listener_->ReplaceCredentials(CredentialTable());
  EXPECT_EQ(Try(), kUnauthenticated);
}

// CP-01: what a stranger sends is not read, be it garbage or huge; the server lives.
TEST_F(XdsListenerTest, StrangersMessagesAreNotRead) {
  Start({}, std::string("token ") + kToken + " shop/edge\n");
  const std::string huge(100 << 20, 'x');
  for (const std::string& bytes : {std::string("\xff\xff\xff garbage"), huge}) {
    auto stream = RawClient::Open(client_, kDeltaAds);
    stream->Write(bytes);
    EXPECT_FALSE(stream->Read().has_value());
    EXPECT_EQ(stream->Finish(nullptr), kUnauthenticated);
  }
  EXPECT_TRUE(fleet_.View().empty());
  client_.authorization = std::string("Bearer ") + kToken;
  EXPECT_EQ(Try(), kOk);
}

TEST_F(XdsListenerTest, OverlongMessageEndsItsStream) {
  XdsListenerOptions options;
  options.max_message_bytes = 1000;
  Start(options);
  auto stream = RawClient::Open(client_, kDeltaAds);
  stream->Write(std::string(2000, 'x'));
  EXPECT_FALSE(stream->Read().has_value());
  EXPECT_EQ(stream->Finish(nullptr), kResourceExhausted);
  EXPECT_EQ(Try(), kOk);
}

TEST_F(XdsListenerTest, ClientCertificateDecidesTheGateway) {
  StartTls(/*with_client_ca=*/true);
  EXPECT_EQ(Try(), kUnavailable) << "no certificate, no handshake";
  client_.certificate_pem = ReadTestFile("test_foreign.pem");
  client_.key_pem = ReadTestFile("test_foreign.key");
  EXPECT_EQ(Try(), kUnavailable) << "a CA that we do not know";
  client_.certificate_pem = ReadTestFile("test_edge.pem");
  client_.key_pem = ReadTestFile("test_edge.key");
  EXPECT_EQ(Try(), kOk);
  EXPECT_EQ(Try("bank/edge"), kPermissionDenied);
}

TEST_F(XdsListenerTest, TokenOverTlsNeedsNoCertificate) {
  StartTls(/*with_client_ca=*/true, std::string("token ") + kToken + " shop/edge\n");
  EXPECT_EQ(Try(), kUnauthenticated);
  client_.authorization = std::string("Bearer ") + kToken;
  EXPECT_EQ(Try(), kOk);
  client_.certificate_pem = ReadTestFile("test_edge.pem");
  client_.key_pem = ReadTestFile("test_edge.key");
  client_.authorization = "Bearer wrong-token-of-sixteen";
  EXPECT_EQ(Try(), kUnauthenticated) << "a wrong token is not healed by a certificate";
  client_.authorization.clear();
  EXPECT_EQ(Try(), kOk);
}

TEST_F(XdsListenerTest, PlaintextClientGetsNothingFromATlsPort) {
  StartTls(/*with_client_ca=*/false, std::string("token ") + kToken + " shop/edge\n");
  client_.ca_pem.clear();
  client_.authorization = std::string("Bearer ") + kToken;
  EXPECT_EQ(Try(), kUnavailable);
}

TEST_F(XdsListenerTest, OffLoopbackNeedsTlsAndACredential) {
  const std::string certificate = ReadTestFile("test_server.pem");
  const std::string key = ReadTestFile("test_server.key");
  const struct {
    const char* address;
    std::string certificate, key, client_ca;
    const char* credentials;
    const char* error;
  } kCases[] = {
      {"0.0.0.0:0", "", "", "", "", "TLS is required"},
      {"0.0.0.0:0", "", "", "", "token 0123456789abcdef *", "TLS is required"},
      {"[::]:0", certificate, key, "", "", "a credential is required"},
      {"127.0.0.1:0", certificate, "", "", "", "both a certificate"},
      {"127.0.0.1:0", "", "", certificate, "", "no use without TLS"},
      {"127.0.0.1:0", "rubbish", "rubbish", "", "", "cannot listen"},
  };
  for (const auto& c : kCases) {
    CredentialTable table;
    ASSERT_EQ(table.Parse(c.credentials), "");
    XdsListenerOptions options;
    options.address = c.address;
    options.certificate_pem = c.certificate;
    options.key_pem = c.key;
    options.client_ca_pem = c.client_ca;
    std::string error;
    EXPECT_EQ(XdsListener::Start(options, std::move(table), server_, &error), nullptr);
    EXPECT_NE(error.find(c.error), std::string::npos) << error;
  }
}

TEST_F(XdsListenerTest, PortThatIsTakenIsNotShared) {
  Start();
  XdsListenerOptions options;
  options.address = "127.0.0.1:" + std::to_string(listener_->bound_port());
  std::string error;
  EXPECT_EQ(XdsListener::Start(options, CredentialTable(), server_, &error), nullptr);
  EXPECT_NE(error.find(options.address), std::string::npos);
}

TEST_F(XdsListenerTest, ShutdownEndsRunningStreams) {
  Start();
  auto stream = RawClient::Open(client_, kDeltaAds);
  stream->Write(FirstDelta(kClusterType));
  ASSERT_TRUE(ReadDelta(*stream).has_value());
  listener_.reset();
  EXPECT_FALSE(stream->Read().has_value());
  EXPECT_NE(stream->Finish(nullptr), kOk);
  EXPECT_TRUE(fleet_.View().empty());
}

}  // namespace
}  // namespace sluice::rpc
