// SPDX-License-Identifier: Apache-2.0
// The whole control plane in this process, on free ports of loopback, driven by sluicectl's own
// verbs, by a proxy that speaks xDS in bytes, and by plain HTTP.
#include "controlplane/main/control.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/registry/temp_folder.h"
#include "controlplane/rpc/raw_client.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::control {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using envoy::service::discovery::v3::DeltaDiscoveryResponse;
using sluicectl::ExitCode;
using ::testing::Test;

constexpr char kCluster[] = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

constexpr char kGateway[] = R"(
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
spec:
  endpoints: [{address: 127.0.0.1, port: 9001}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: all}
spec:
  parentRefs: [{name: edge}]
  rules:
  - backendRefs: [{group: sluice.dev, kind: Backend, name: blue}]
)";

constexpr char kDangling[] = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: lost}
spec:
  parentRefs: [{name: nowhere}]
  rules:
  - backendRefs: [{group: sluice.dev, kind: Backend, name: blue}]
)";

// What a command printed, and its exit code.
struct Printed {
  ExitCode code = ExitCode::kOk;
  std::string out;
  std::string err;
};

class ControlTest : public Test {
 protected:
  void SetUp() override { Restart(); }

  void Restart() {
    control_.reset();
    ControlOptions options = options_;
    options.data_dir = folder_.path();
    auto started = Control::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    control_ = *std::move(started);
  }

  Printed Ctl(std::vector<std::string> words, const std::string& input = "") {
    words.push_back(absl::StrCat("--server=127.0.0.1:", control_->api_port()));
    std::istringstream in(input);
    std::ostringstream out, err;
    sluicectl::Streams streams{in, out, err};
    Printed printed;
    printed.code = sluicectl::Run(words, streams);
    printed.out = out.str();
    printed.err = err.str();
    return printed;
  }

  Printed Apply(const std::string& text, std::vector<std::string> flags = {}) {
    std::vector<std::string> words = {"apply", "-f", "-"};
    words.insert(words.end(), flags.begin(), flags.end());
    return Ctl(words, text);
  }

  // A proxy that subscribes to clusters alone.
  std::unique_ptr<rpc::RawClient::Stream> ConnectProxy() {
    rpc::RawClient::Options options;
    options.target = absl::StrCat("127.0.0.1:", control_->xds_port());
    auto stream = rpc::RawClient::Open(
        options, "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources");
    DeltaDiscoveryRequest request;
    request.mutable_node()->set_id("proxy-1");
    request.mutable_node()->set_cluster("default/edge");
    request.set_type_url(kCluster);
    request.add_resource_names_subscribe("*");
    stream->Write(request.SerializeAsString());
    return stream;
  }

  static DeltaDiscoveryResponse Read(rpc::RawClient::Stream& stream) {
    DeltaDiscoveryResponse response;
    const std::optional<std::string> bytes = stream.Read();
    EXPECT_TRUE(bytes.has_value() && response.ParseFromString(*bytes));
    return response;
  }

  static void Answer(rpc::RawClient::Stream& stream, const DeltaDiscoveryResponse& response,
                     const std::string& error = "") {
    DeltaDiscoveryRequest request;
    request.set_type_url(response.type_url());
    request.set_response_nonce(response.nonce());
    if (!error.empty()) request.mutable_error_detail()->set_message(error);
    stream.Write(request.SerializeAsString());
  }

  // One HTTP exchange with the REST port.
  std::string Http(const std::string& request) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(control_->rest_port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t n = 0; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(n));
    }
    close(fd);
    return answer;
  }

  std::string Http(const std::string& method, const std::string& path, const std::string& body,
                   const std::string& headers = "Host: localhost\r\n") {
    return Http(absl::StrCat(method, " ", path, " HTTP/1.1\r\n", headers,
                             "Connection: close\r\nContent-Length: ", body.size(), "\r\n\r\n",
                             body));
  }

  registry::TempFolder folder_;
  ControlOptions options_{
      .xds_listen = "127.0.0.1:0", .api_listen = "127.0.0.1:0", .rest_listen = "127.0.0.1:0"};
  std::unique_ptr<Control> control_;
};

TEST_F(ControlTest, AppliesAndShowsWithStatus) {
  const Printed applied = Apply(kGateway);
  ASSERT_EQ(applied.code, ExitCode::kOk) << applied.err;
  EXPECT_THAT(applied.out, ::testing::HasSubstr("HTTPRoute default/all created"));
  EXPECT_EQ(applied.err, "");
  EXPECT_THAT(Apply(kGateway).out, ::testing::HasSubstr("HTTPRoute default/all unchanged"));
  const Printed got = Ctl({"get", "httproute", "all", "-o", "yaml"});
  EXPECT_THAT(got.out, ::testing::HasSubstr("reason: Accepted"));
  EXPECT_THAT(got.out, ::testing::HasSubstr("No proxy of the Gateway is connected"));
}

TEST_F(ControlTest, RejectsATransactionAsAWhole) {
  const Printed applied = Apply(absl::StrCat(
      kGateway, "---\napiVersion: sluice.dev/v1alpha1\nkind: Backend\nmetadata: {name: x}\n",
      "spec: {endpoint: []}\n"));
  EXPECT_EQ(applied.code, ExitCode::kInvalidInput);
  EXPECT_THAT(applied.err, ::testing::HasSubstr(
                               "Backend default/x: spec.endpoint: is not a known field; did you "
                               "mean \"endpoints\"?"));
  EXPECT_EQ(Ctl({"get"}).out, "nothing there\n");
}

TEST_F(ControlTest, StoresADanglingRouteWithAWarningAndStrictRefusesIt) {
  const Printed refused = Apply(kDangling, {"--strict"});
  EXPECT_EQ(refused.code, ExitCode::kInvalidInput);
  EXPECT_THAT(refused.err, ::testing::HasSubstr("NoMatchingParent"));
  EXPECT_EQ(Ctl({"get"}).out, "nothing there\n");
  const Printed stored = Apply(kDangling);
  EXPECT_EQ(stored.code, ExitCode::kOk);
  EXPECT_THAT(stored.err, ::testing::HasSubstr("NoMatchingParent"));
}

TEST_F(ControlTest, ADryRunKeepsNothing) {
  const Printed applied = Apply(kGateway, {"--dry-run"});
  EXPECT_EQ(applied.code, ExitCode::kOk) << applied.err;
  EXPECT_THAT(applied.out, ::testing::HasSubstr("HTTPRoute default/all created (dry run)"));
  EXPECT_EQ(Ctl({"get"}).out, "nothing there\n");
}

TEST_F(ControlTest, DeletesWhatDocumentsNameAndSaysWhatIsNotThere) {
  Apply(kGateway);
  EXPECT_EQ(Ctl({"delete", "-f", "-"}, kGateway).code, ExitCode::kOk);
  EXPECT_EQ(Ctl({"get"}).out, "nothing there\n");
  EXPECT_EQ(Ctl({"delete", "httproute", "all"}).code, ExitCode::kDiffers);
}

TEST_F(ControlTest, DiffShowsTheLineThatWouldChange) {
  Apply(kGateway);
  EXPECT_EQ(Ctl({"diff", "-f", "-"}, kGateway).code, ExitCode::kOk);
  std::string changed = kGateway;
  changed.replace(changed.find("port: 9001"), 10, "port: 9009");
  const Printed diff = Ctl({"diff", "-f", "-"}, changed);
  EXPECT_EQ(diff.code, ExitCode::kDiffers);
  EXPECT_THAT(diff.out, ::testing::HasSubstr("+     port: 9009\n"));
}

TEST_F(ControlTest, KeepsObjectsAndTheirAgeOverARestart) {
  Apply(kGateway);
  const std::string before = Ctl({"get", "backend", "blue", "-o", "json"}).out;
  Restart();
  EXPECT_EQ(Ctl({"get", "backend", "blue", "-o", "json"}).out, before);
}

TEST_F(ControlTest, WaitTellsWhenAProxyServesTheChange) {
  Apply(kGateway);
  const auto proxy = ConnectProxy();
  Answer(*proxy, Read(*proxy));
  const Printed waited = Ctl({"apply", "-f", "-", "--wait"}, kGateway);
  EXPECT_EQ(waited.code, ExitCode::kOk) << waited.err;
  EXPECT_THAT(waited.out, ::testing::HasSubstr("live on 1/1 proxies"));
  EXPECT_THAT(Ctl({"get", "httproute", "all"}).out, ::testing::HasSubstr("Live 1/1"));
}

TEST_F(ControlTest, ANackIsShownWithTheObjectThatCausedIt) {
  Apply(kGateway);
  const auto proxy = ConnectProxy();
  const DeltaDiscoveryResponse response = Read(*proxy);
  ASSERT_EQ(response.resources_size(), 1);
  Answer(*proxy, response, absl::StrCat(response.resources(0).name(), ": no such balancer"));
  const Printed waited = Ctl({"apply", "-f", "-", "--wait"}, kGateway);
  EXPECT_EQ(waited.code, ExitCode::kDiffers);
  const Printed fleet = Ctl({"fleet"});
  EXPECT_THAT(fleet.out, ::testing::HasSubstr("refused"));
  EXPECT_THAT(fleet.out, ::testing::HasSubstr("no such balancer"));
  EXPECT_THAT(fleet.out, ::testing::HasSubstr("Backend default/blue"));
}

TEST_F(ControlTest, ExplainsFromWhatProxiesAreSent) {
  Apply(kGateway);
  const Printed live = Ctl({"explain", "GET", "http://127.0.0.1:8080/x"});
  EXPECT_EQ(live.code, ExitCode::kOk) << live.err;
  EXPECT_THAT(live.out, ::testing::HasSubstr("127.0.0.1:9001"));
  const Printed offline = Ctl({"explain", "GET", "http://127.0.0.1:8080/x", "-f", "-"}, kGateway);
  EXPECT_EQ(offline.out, live.out);
}

TEST_F(ControlTest, CommonFlagsMayStandBeforeTheVerb) {
  const std::string server = absl::StrCat("127.0.0.1:", control_->api_port());
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--server", server, "get"}, {absl::StrCat("-s", server), "get"}}) {
    std::istringstream in;
    std::ostringstream out, err;
    sluicectl::Streams streams{in, out, err};
    EXPECT_EQ(sluicectl::Run(words, streams), ExitCode::kOk) << err.str();
    EXPECT_EQ(out.str(), "nothing there\n");
  }
}

// It would pass for no flag, and that for plaintext.
TEST_F(ControlTest, AnEmptyCaFileIsAnError) {
  const std::string ca = absl::StrCat(folder_.path(), "/ca.pem");
  std::ofstream(ca) << "";
  const Printed got = Ctl({"get", "--ca", ca});
  EXPECT_EQ(got.code, ExitCode::kUsage);
  EXPECT_THAT(got.err, ::testing::HasSubstr("is empty"));
  EXPECT_EQ(Ctl({"get", "--ca="}).code, ExitCode::kUsage);
}

TEST_F(ControlTest, RestAppliesAndAnswersLikeKubernetes) {
  const std::string applied = Http("POST", "/apply", kGateway);
  EXPECT_TRUE(absl::StartsWith(applied, "HTTP/1.1 200")) << applied;
  const std::string path = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes";
  EXPECT_THAT(Http("GET", path, ""), ::testing::HasSubstr("\"kind\":\"HTTPRouteList\""));
  EXPECT_THAT(Http("GET", path + "/all", ""), ::testing::HasSubstr("\"name\":\"all\""));
  EXPECT_TRUE(absl::StartsWith(Http("DELETE", path + "/all", ""), "HTTP/1.1 200"));
  EXPECT_TRUE(absl::StartsWith(Http("GET", path + "/all", ""), "HTTP/1.1 404"));
}

TEST_F(ControlTest, RestTellsProblemsOneByOne) {
  const std::string answer = Http("POST", "/apply?strict", kDangling);
  EXPECT_TRUE(absl::StartsWith(answer, "HTTP/1.1 422")) << answer;
  EXPECT_THAT(answer, ::testing::HasSubstr("application/problem+json"));
  EXPECT_THAT(answer, ::testing::HasSubstr("\"path\":\"spec.parentRefs[0]\""));
}

TEST_F(ControlTest, WhatIsNoNumberIsNotTakenForADefault) {
  EXPECT_TRUE(absl::StartsWith(Http("GET", "/wait?revision=5x", ""), "HTTP/1.1 400"));
  EXPECT_TRUE(absl::StartsWith(Http("GET", "/history?limit=-1", ""), "HTTP/1.1 400"));
}

TEST_F(ControlTest, APutWritesTheObjectThatItsPathNames) {
  Apply(kGateway);
  const std::string path = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/";
  EXPECT_TRUE(absl::StartsWith(Http("PUT", path + "other", kDangling), "HTTP/1.1 400"));
  EXPECT_TRUE(absl::StartsWith(Http("PUT", path + "lost", kDangling), "HTTP/1.1 201"));
}

TEST_F(ControlTest, NoWebPageReachesTheRegistry) {
  EXPECT_TRUE(absl::StartsWith(
      Http("POST", "/apply", kGateway, "Host: localhost\r\nOrigin: http://evil.example\r\n"),
      "HTTP/1.1 403"));
  EXPECT_TRUE(
      absl::StartsWith(Http("GET", "/revision", "", "Host: evil.example\r\n"), "HTTP/1.1 403"));
}

TEST_F(ControlTest, WithOperatorsATokenDecides) {
  const std::string tokens = absl::StrCat(folder_.path(), "/operators");
  std::ofstream(tokens) << "token a-token-that-may-write ci write\n"
                           "token a-token-that-may-read dash read\n";
  options_.api_token_file = tokens;
  Restart();
  EXPECT_EQ(Apply(kGateway).code, ExitCode::kUnreachable);
  const std::string reader = absl::StrCat(folder_.path(), "/reader");
  std::ofstream(reader) << "a-token-that-may-read\n";
  EXPECT_EQ(Apply(kGateway, {"--token-file", reader}).code, ExitCode::kUnreachable);
  const std::string writer = absl::StrCat(folder_.path(), "/writer");
  std::ofstream(writer) << "a-token-that-may-write\n";
  EXPECT_EQ(Apply(kGateway, {"--token-file", writer}).code, ExitCode::kOk);
  EXPECT_EQ(Ctl({"get", "--token-file", reader}).code, ExitCode::kOk);
  EXPECT_TRUE(absl::StartsWith(Http("GET", "/revision", ""), "HTTP/1.1 401"));
}

TEST_F(ControlTest, AnOverlongPushIsNotRead) {
  rpc::RawClient::Options options;
  options.target = absl::StrCat("127.0.0.1:", control_->api_port());
  const auto call = rpc::RawClient::Open(options, "/sluice.push.v1.Push/Apply");
  call->Write(std::string((64 << 20) + 1, 'x'));
  EXPECT_FALSE(call->Read().has_value());
  constexpr int kResourceExhausted = 8;
  EXPECT_EQ(call->Finish(nullptr), kResourceExhausted);
  EXPECT_EQ(Apply(kGateway).code, ExitCode::kOk);
}

TEST(ControlStartTest, ATakenPortIsNamedByItsFlag) {
  const registry::TempFolder one, two;
  ControlOptions options{.data_dir = one.path(),
                         .xds_listen = "127.0.0.1:0",
                         .api_listen = "127.0.0.1:0",
                         .rest_listen = ""};
  const auto first = Control::Start(options);
  ASSERT_TRUE(first.ok()) << first.status();
  options.data_dir = two.path();
  options.xds_listen = absl::StrCat("127.0.0.1:", (*first)->xds_port());
  const auto second = Control::Start(options);
  EXPECT_TRUE(absl::StartsWith(second.status().message(), "--xds-listen: "))
      << second.status().message();
}

TEST(ControlStartTest, OffLoopbackNothingIsOpen) {
  const registry::TempFolder folder;
  ControlOptions options{.data_dir = folder.path(),
                         .xds_listen = "127.0.0.1:0",
                         .api_listen = "0.0.0.0:0",
                         .rest_listen = ""};
  EXPECT_THAT(std::string(Control::Start(options).status().message()),
              ::testing::HasSubstr("TLS is required"));
  options.api_listen = "127.0.0.1:0";
  options.rest_listen = "0.0.0.0:0";
  EXPECT_THAT(std::string(Control::Start(options).status().message()),
              ::testing::HasSubstr("TLS is required"));
}

TEST(ControlStartTest, AFolderOfFilesIsServedAndReadOnly) {
  const registry::TempFolder folder;
  std::ofstream(absl::StrCat(folder.path(), "/edge.yaml")) << kGateway;
  const auto control = Control::Start({.registry = absl::StrCat("dir:", folder.path()),
                                       .xds_listen = "127.0.0.1:0",
                                       .api_listen = "127.0.0.1:0",
                                       .rest_listen = ""});
  ASSERT_TRUE(control.ok()) << control.status();
  const auto ctl = [&](std::vector<std::string> words, const std::string& input) {
    words.push_back(absl::StrCat("--server=127.0.0.1:", (*control)->api_port()));
    std::istringstream in(input);
    std::ostringstream out, err;
    sluicectl::Streams streams{in, out, err};
    const ExitCode code = sluicectl::Run(words, streams);
    return Printed{code, out.str(), err.str()};
  };
  EXPECT_THAT(ctl({"get", "gateways"}, "").out, ::testing::HasSubstr("edge"));
  const Printed refused = ctl({"apply", "-f", "-"}, kDangling);
  EXPECT_NE(refused.code, ExitCode::kOk);
  EXPECT_THAT(refused.err, ::testing::HasSubstr(folder.path()));
}

}  // namespace
}  // namespace sluice::control
