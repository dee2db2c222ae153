// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/sources.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "dataplane/xdsclient/ads_transport_fake.h"
#include "dataplane/xdsclient/bootstrap.h"
#include "dataplane/xdsclient/resource_sink_fake.h"
#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

using compile::ResourceSource;
using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using Kind = ResourceSource::Kind;

class SourcesTest : public testing::Test {
 protected:
  SourcesTest()
      : sources(
            loop, sink, Node(),
            {.transport =
                 [this](const std::string& cluster, std::optional<ResourceType> type, bool delta) {
                   const std::string key =
                       absl::StrCat(cluster, " ", type.has_value() ? TypeName(*type) : "ads", " ",
                                    delta ? "delta" : "sotw");
                   return servers[key].Factory();
                 },
             .source_of = [this](ResourceType, const std::string& name) { return source_of[name]; },
             .read_secret_again =
                 [this](const std::string& name) {
                   read_again.push_back(name);
                   return absl::OkStatus();
                 },
             .random = [] { return uint64_t{1}; }}) {}

  static envoy::config::core::v3::Node Node() {
    envoy::config::core::v3::Node node;
    node.set_id("proxy-1");
    return node;
  }

  absl::Status Configure(const std::string& dynamic) {
    const auto bootstrap = ParseBootstrap("dynamic_resources: " + dynamic, "b.yaml");
    EXPECT_TRUE(bootstrap.ok()) << bootstrap.status();
    return sources.Configure(*bootstrap, [](const std::string& name) { return name == "x"; });
  }

  base::ManualClock clock;
  event::Loop loop{clock};
  FakeResourceSink sink;
  std::map<std::string, FakeAdsServer> servers;
  std::map<std::string, ResourceSource> source_of;
  std::vector<std::string> read_again;
  Sources sources;
};

constexpr char kAds[] =
    "{ads_config: {api_type: DELTA_GRPC, grpc_services: [{envoy_grpc: {cluster_name: x}}]}, ";
constexpr char kServer[] =
    "{api_config_source: {api_type: GRPC, grpc_services: [{envoy_grpc: {cluster_name: x}}]}}";

TEST_F(SourcesTest, TheAggregatedStreamAsksForWhatComesByIt) {
  ASSERT_TRUE(Configure(absl::StrCat(kAds, "cds_config: {ads: {}}}")).ok());
  sources.Start();
  const auto& sent = servers.at("x ads delta").last().sent;
  ASSERT_EQ(sent.size(), 1u) << "clusters, and no listeners";
  DeltaDiscoveryRequest request;
  ASSERT_TRUE(request.ParseFromString(sent[0]));
  EXPECT_EQ(request.type_url(), TypeUrl(ResourceType::kCluster));
}

TEST_F(SourcesTest, AServerOfATypesOwnHasAStreamOfItsOwn) {
  ASSERT_TRUE(Configure(absl::StrCat("{lds_config: ", kServer, "}")).ok());
  sources.Start();
  EXPECT_EQ(servers.at("x listener sotw").last().sent.size(), 1u);
  source_of["r"] = {.kind = Kind::kServer, .cluster = "x", .delta = true};
  sources.ChangeInterest(ResourceType::kRoutes, {.added = {"r"}, .removed = {}});
  EXPECT_EQ(servers.at("x routes delta").last().sent.size(), 1u);
}

TEST_F(SourcesTest, AServerIsToldWhoAsksThoughAStaticResourceNamedIt) {
  source_of["s"] = {.kind = Kind::kServer, .cluster = "x", .delta = true};
  sources.ChangeInterest(ResourceType::kSecret, {.added = {"s"}, .removed = {}});
  ASSERT_TRUE(Configure("{}").ok());
  EXPECT_FALSE(servers.contains("x secret delta") && servers.at("x secret delta").streams() > 0)
      << "not before the cluster is served";
  sources.Start();
  DeltaDiscoveryRequest request;
  ASSERT_TRUE(request.ParseFromString(servers.at("x secret delta").last().sent.at(0)));
  EXPECT_EQ(request.node().id(), "proxy-1");
}

TEST_F(SourcesTest, AStreamEndsWithTheLastNameThatComesByIt) {
  ASSERT_TRUE(Configure(absl::StrCat(kAds, "cds_config: {ads: {}}}")).ok());
  sources.Start();
  source_of["r"] = {.kind = Kind::kServer, .cluster = "x", .delta = true};
  sources.ChangeInterest(ResourceType::kRoutes, {.added = {"r", "s"}, .removed = {}});
  EXPECT_EQ(servers.at("x ads delta").last().sent.size(), 2u) << "s comes by the aggregated one";
  sources.ChangeInterest(ResourceType::kRoutes, {.added = {}, .removed = {"r"}});
  loop.RunOnce();
  EXPECT_EQ(servers.at("x routes delta").last().user, nullptr);
}

TEST_F(SourcesTest, ANameWhoseSourceChangedIsAskedOfTheNewOne) {
  ASSERT_TRUE(Configure(absl::StrCat(kAds, "cds_config: {ads: {}}}")).ok());
  sources.Start();
  source_of["r"] = {.kind = Kind::kServer, .cluster = "x", .delta = true};
  sources.ChangeInterest(ResourceType::kRoutes, {.added = {"r"}, .removed = {}});
  EXPECT_EQ(servers.at("x ads delta").last().sent.size(), 1u);
  source_of["r"] = {};
  sources.ChangeInterest(ResourceType::kRoutes, {.added = {"r"}, .removed = {"r"}});
  loop.RunOnce();
  EXPECT_EQ(servers.at("x routes delta").last().user, nullptr);
  EXPECT_EQ(servers.at("x ads delta").last().sent.size(), 2u);
}

TEST_F(SourcesTest, ANameThatCameBackToItsSourceIsStillWanted) {
  ASSERT_TRUE(Configure(absl::StrCat(kAds, "cds_config: {ads: {}}}")).ok());
  sources.Start();
  source_of["r"] = {.kind = Kind::kServer, .cluster = "x", .delta = true};
  for (const char* name : {"ads", "r"}) {
    sources.ChangeInterest(ResourceType::kRoutes, {.added = {name}, .removed = {}});
    sources.ChangeInterest(ResourceType::kRoutes, {.added = {name}, .removed = {name}});
  }
  loop.RunOnce();
  EXPECT_EQ(servers.at("x ads delta").last().sent.size(), 2u) << "clusters, and the table once";
  ASSERT_NE(servers.at("x routes delta").last().user, nullptr);
  EXPECT_EQ(servers.at("x routes delta").last().sent.size(), 1u);
}

TEST_F(SourcesTest, WhatIsWantedBeforeThereIsAStreamIsAskedOfItLater) {
  sources.ChangeInterest(ResourceType::kRoutes, {.added = {"r"}, .removed = {}});
  ASSERT_TRUE(Configure(absl::StrCat(kAds, "cds_config: {ads: {}}}")).ok());
  sources.Start();
  EXPECT_EQ(servers.at("x ads delta").last().sent.size(), 2u) << "clusters, and the table";
}

TEST_F(SourcesTest, AClusterThatIsNotInTheBootstrapIsRefused) {
  const absl::Status status = Configure(
      "{lds_config: {api_config_source: {api_type: GRPC, grpc_services: "
      "[{envoy_grpc: {cluster_name: y}}]}}}");
  EXPECT_EQ(status.message(),
            "dynamic_resources.lds_config: the cluster \"y\" is not among "
            "static_resources.clusters");
}

TEST_F(SourcesTest, TheAggregatedStreamIsRefusedWhereThereIsNone) {
  const absl::Status status = Configure("{lds_config: {ads: {}}}");
  EXPECT_NE(status.message().find("lds_config: wants ADS"), std::string::npos) << status;
}

TEST_F(SourcesTest, AFileThatIsNotThereIsRefused) {
  const absl::Status status = Configure("{lds_config: {path_config_source: {path: /no/such}}}");
  EXPECT_NE(status.message().find("/no/such"), std::string::npos) << status;
}

TEST_F(SourcesTest, FilesAreReadWhenTheyAreDue) {
  std::string folder = testing::TempDir() + "/sources-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/l.yaml") << "resources: []";
  std::ofstream(folder + "/r.yaml") << "resources: []";
  ASSERT_TRUE(
      Configure(absl::StrCat("{lds_config: {path_config_source: {path: ", folder, "/l.yaml}}}"))
          .ok());
  sources.ReadFiles();
  EXPECT_EQ(sink.calls, 1);
  source_of["r"] = {.kind = Kind::kFile, .path = folder + "/r.yaml"};
  sources.ChangeInterest(ResourceType::kRoutes, {.added = {"r"}, .removed = {}});
  EXPECT_EQ(sink.calls, 1) << "never from within the sink's own call";
  loop.RunOnce();
  EXPECT_EQ(sink.calls, 2);
}

TEST_F(SourcesTest, ASecretIsReadAgainWhenAFileOfItsIsReplaced) {
  std::string folder = testing::TempDir() + "/secret-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  sources.WatchSecret("s", {{folder, "tls.crt"}});
  const auto replace = [&] {
    std::ofstream(folder + "/new") << "pem";
    std::filesystem::rename(folder + "/new", folder + "/tls.crt");
    loop.RunOnce();
    loop.RunOnce();
  };
  replace();
  EXPECT_EQ(read_again, std::vector<std::string>{"s"});
  sources.WatchSecret("s", {});
  replace();
  EXPECT_EQ(read_again.size(), 1u);
}

}  // namespace
}  // namespace sluice::xdsclient
