// SPDX-License-Identifier: Apache-2.0
// The whole server over loopback: gRPC, credentials, engine. The client moves bytes; the messages
// are the generated ones.
#include "controlplane/rpc/xds_listener.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "controlplane/access/client_verifier.h"
#include "controlplane/access/credential_table.h"
#include "controlplane/access/gate.h"
#include "controlplane/access/test_files.h"
#include "controlplane/access/tls_material.h"
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

using access::ReadTestFile;
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

constexpr int kOk = 0, kInvalidArgument = 3, kDeadlineExceeded = 4, kPermissionDenied = 7,
              kResourceExhausted = 8, kUnimplemented = 12, kUnavailable = 14, kUnauthenticated = 16;

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

  static access::Gate::Rules Rules(const std::string& credentials, const std::string& ca_pem) {
    access::Gate::Rules rules{access::CredentialTable(access::Audience::kProxies), nullptr};
    EXPECT_EQ(rules.table.Parse(credentials), "");
    std::string error;
    if (!ca_pem.empty()) rules.verifier = access::ClientVerifier::Create(ca_pem, &error);
    EXPECT_EQ(error, "");
    return rules;
  }

  void Start(XdsListenerOptions options = {}, const std::string& credentials = {},
             access::TlsMaterial tls = {}, size_t max_calls_per_credential = 1000) {
    options.address = "127.0.0.1:0";
    options.takes_tokens = !credentials.empty();
    const bool is_open = credentials.empty() && tls.client_ca_pem.empty();
    gate_ =
        std::make_unique<access::Gate>(Rules(credentials, tls.client_ca_pem),
                                       access::Gate::Options{is_open, max_calls_per_credential});
    tls_ = std::make_unique<access::TlsSource>(std::move(tls));
    std::string error;
    listener_ = XdsListener::Start(options, *gate_, *tls_, server_, &error);
    ASSERT_NE(listener_, nullptr) << error;
    client_.target = "127.0.0.1:" + std::to_string(listener_->bound_port());
  }

  static access::TlsMaterial Material(bool with_client_ca) {
    return {ReadTestFile("server.pem"), ReadTestFile("server.key"),
            with_client_ca ? ReadTestFile("ca.pem") : ""};
  }

  void StartTls(bool with_client_ca, const std::string& credentials = {}) {
    Start({}, credentials, Material(with_client_ca));
    client_.ca_pem = ReadTestFile("ca.pem");
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
  std::unique_ptr<access::Gate> gate_;
  std::unique_ptr<access::TlsSource> tls_;
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

TEST_F(XdsListenerTest, WithdrawnTokenEndsItsStreamsAndNoOthers) {
  const std::string kept = "token another-token-of-shop shop/edge\n";
  Start({}, kept + "token " + kToken + " shop/edge\n");
  client_.authorization = "Bearer another-token-of-shop";
  auto staying = RawClient::Open(client_, kDeltaAds);
  staying->Write(FirstDelta(kClusterType));
  AnswerDelta(*staying, ReadDelta(*staying).value());
  client_.authorization = std::string("Bearer ") + kToken;
  auto ended = RawClient::Open(client_, kDeltaAds);
  ended->Write(FirstDelta(kClusterType));
  AnswerDelta(*ended, ReadDelta(*ended).value());
  EXPECT_EQ(gate_->Replace(Rules(kept, "")), 1u);
  EXPECT_FALSE(ended->Read().has_value());
  std::string reason;
  EXPECT_EQ(ended->Finish(&reason), kUnauthenticated);
  EXPECT_EQ(reason, "the credential was withdrawn: the bearer token is not known here");
  EXPECT_EQ(Try(), kUnauthenticated);
  Set("v2");
  EXPECT_EQ(ReadDelta(*staying)->resources(0).resource().value(), "v2");
}

// The status would wait behind a message that the peer never reads.
TEST_F(XdsListenerTest, WithdrawnTokenEndsAStreamThatReadsNothing) {
  Start({}, std::string("token ") + kToken + " shop/edge\n");
  client_.authorization = std::string("Bearer ") + kToken;
  auto stream = RawClient::Open(client_, kDeltaAds);
  stream->Write(FirstDelta(kClusterType));
  AnswerDelta(*stream, ReadDelta(*stream).value());
  const uint64_t sequence = Set(std::string(100 << 20, 'x'));
  gate_->Replace(Rules("", ""));
  // Returns when the stream has left: it answers nothing.
  AwaitAll(sequence);
  while (stream->Read().has_value()) {
  }
  EXPECT_NE(stream->Finish(nullptr), kDeadlineExceeded);
}

TEST_F(XdsListenerTest, OneCredentialHasABoundedNumberOfStreams) {
  Start({}, std::string("token ") + kToken + " shop/edge\n", {}, 1);
  client_.authorization = std::string("Bearer ") + kToken;
  auto stream = RawClient::Open(client_, kDeltaAds);
  stream->Write(FirstDelta(kClusterType));
  ASSERT_TRUE(ReadDelta(*stream).has_value());
  EXPECT_EQ(Try(), kResourceExhausted);
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
  client_.certificate_pem = ReadTestFile("foreign.pem");
  client_.key_pem = ReadTestFile("foreign.key");
  EXPECT_EQ(Try(), kUnavailable) << "a CA that we do not know";
  client_.certificate_pem = ReadTestFile("edge.pem");
  client_.key_pem = ReadTestFile("edge.key");
  EXPECT_EQ(Try(), kOk);
  EXPECT_EQ(Try("bank/edge"), kPermissionDenied);
}

TEST_F(XdsListenerTest, TokenOverTlsNeedsNoCertificate) {
  StartTls(/*with_client_ca=*/true, std::string("token ") + kToken + " shop/edge\n");
  EXPECT_EQ(Try(), kUnauthenticated);
  client_.authorization = std::string("Bearer ") + kToken;
  EXPECT_EQ(Try(), kOk);
  client_.certificate_pem = ReadTestFile("edge.pem");
  client_.key_pem = ReadTestFile("edge.key");
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

TEST_F(XdsListenerTest, NewHandshakesAreMadeByTheNewCertificate) {
  StartTls(/*with_client_ca=*/false, std::string("token ") + kToken + " shop/edge\n");
  client_.authorization = std::string("Bearer ") + kToken;
  auto stream = RawClient::Open(client_, kDeltaAds);
  stream->Write(FirstDelta(kClusterType));
  AnswerDelta(*stream, ReadDelta(*stream).value());
  // Not for "localhost": who checks names turns away.
  tls_->Replace({ReadTestFile("foreign.pem"), ReadTestFile("foreign.key"), ""});
  client_.ca_pem += "# another channel\n";
  EXPECT_EQ(Try(), kUnavailable);
  Set("v2");
  EXPECT_EQ(ReadDelta(*stream)->resources(0).resource().value(), "v2") << "the old one goes on";
  tls_->Replace(Material(/*with_client_ca=*/false));
  EXPECT_EQ(Try(), kOk);
}

TEST_F(XdsListenerTest, AnotherClientCaCountsAtOnce) {
  StartTls(/*with_client_ca=*/true);
  client_.certificate_pem = ReadTestFile("edge.pem");
  client_.key_pem = ReadTestFile("edge.key");
  auto stream = RawClient::Open(client_, kDeltaAds);
  stream->Write(FirstDelta(kClusterType));
  AnswerDelta(*stream, ReadDelta(*stream).value());
  access::TlsMaterial next = Material(/*with_client_ca=*/true);
  next.client_ca_pem = ReadTestFile("foreign_ca.pem");
  tls_->Replace(next);
  gate_->Replace(Rules("", next.client_ca_pem));
  EXPECT_FALSE(stream->Read().has_value());
  EXPECT_EQ(stream->Finish(nullptr), kUnauthenticated);
  client_.certificate_pem = ReadTestFile("foreign.pem");
  client_.key_pem = ReadTestFile("foreign.key");
  EXPECT_EQ(Try(), kOk);
}

TEST_F(XdsListenerTest, OffLoopbackNeedsTlsAndACredential) {
  const std::string certificate = ReadTestFile("server.pem");
  const std::string key = ReadTestFile("server.key");
  const struct {
    const char* address;
    access::TlsMaterial tls;
    bool is_open;
    const char* error;
  } kCases[] = {
      {"0.0.0.0:0", {}, true, "TLS is required"},
      {"0.0.0.0:0", {}, false, "TLS is required"},
      {"[::]:0", {certificate, key, ""}, true, "a credential is required"},
      {"127.0.0.1:0", {certificate, "", ""}, true, "both a certificate"},
      {"127.0.0.1:0", {"", "", certificate}, true, "no use without TLS"},
      {"127.0.0.1:0", {"rubbish", "rubbish", ""}, true, "cannot be read"},
  };
  for (const auto& c : kCases) {
    access::Gate gate(Rules("", ""), {.is_open = c.is_open});
    const access::TlsSource tls(c.tls);
    XdsListenerOptions options;
    options.address = c.address;
    std::string error;
    EXPECT_EQ(XdsListener::Start(options, gate, tls, server_, &error), nullptr);
    EXPECT_NE(error.find(c.error), std::string::npos) << error;
  }
}

TEST_F(XdsListenerTest, PortThatIsTakenIsNotShared) {
  Start();
  XdsListenerOptions options;
  options.address = "127.0.0.1:" + std::to_string(listener_->bound_port());
  std::string error;
  EXPECT_EQ(XdsListener::Start(options, *gate_, *tls_, server_, &error), nullptr);
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
