// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/file_source.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "dataplane/xdsclient/resource_name.h"
#include "dataplane/xdsclient/resource_sink_fake.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

// Names resources as the real one does.
class NamingSink final : public FakeResourceSink {
 public:
  std::string NameOf(ResourceType type, std::string_view body) override {
    return NameInBody(type, body);
  }
};

std::string Clusters(const std::string& version, const std::vector<std::string>& names) {
  std::string text = absl::StrCat("version_info: \"", version, "\"\nresources:\n");
  for (const std::string& name : names) {
    absl::StrAppend(
        &text, "- '@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\n  name: ", name,
        "\n");
  }
  return text;
}

class FileSourceTest : public testing::Test {
 protected:
  FileSourceTest() {
    std::string pattern = testing::TempDir() + "/source-XXXXXX";
    folder = mkdtemp(pattern.data());
    watcher = *FileWatcher::Create(loop);
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder + "/" + name) << text;
  }
  void Replace(const std::string& name, const std::string& text) {
    Write("new", text);
    std::filesystem::rename(folder + "/new", folder + "/" + name);
    loop.RunOnce();
  }
  // The source of a file, which is read whenever it wants to be.
  std::unique_ptr<FileSource> Make(ResourceType type, const std::string& name,
                                   const std::string& watched = "") {
    auto made = std::make_unique<FileSource>(
        *watcher, type,
        compile::ResourceSource{.kind = compile::ResourceSource::Kind::kFile,
                                .path = folder + "/" + name,
                                .watched_directory = watched},
        sink, [this] { status = source->Read(); });
    EXPECT_TRUE(made->Start().ok());
    return made;
  }

  base::ManualClock clock;
  event::Loop loop{clock};
  NamingSink sink;
  std::string folder;
  std::unique_ptr<FileWatcher> watcher;
  std::unique_ptr<FileSource> source;
  absl::Status status;
  std::map<std::string, std::string>& clusters = sink.held[ResourceType::kCluster];
};

TEST_F(FileSourceTest, AMoveOntoTheFileIsReadAndAWriteInPlaceIsNot) {
  Write("c.yaml", Clusters("1", {"a"}));
  source = Make(ResourceType::kCluster, "c.yaml");
  EXPECT_TRUE(source->Read().ok());
  EXPECT_EQ(clusters.at("a"), "1");
  Write("c.yaml", Clusters("2", {"a"}));
  loop.RunOnce();
  EXPECT_EQ(clusters.at("a"), "1");
  Replace("c.yaml", Clusters("3", {"a"}));
  EXPECT_EQ(clusters.at("a"), "3");
}

TEST_F(FileSourceTest, WhatAFileNoLongerHoldsIsRemoved) {
  Write("c.yaml", Clusters("1", {"a", "b"}));
  source = Make(ResourceType::kCluster, "c.yaml");
  source->SetKnown({"of-the-last-run"});
  clusters["of-the-last-run"] = "0";
  EXPECT_TRUE(source->Read().ok());
  EXPECT_EQ(clusters.size(), 2u);
  Replace("c.yaml", Clusters("2", {"b"}));
  EXPECT_FALSE(clusters.contains("a"));
  EXPECT_TRUE(clusters.contains("b"));
}

TEST_F(FileSourceTest, AFileThatCannotBeParsedChangesNothingAndSaysWhy) {
  Write("c.yaml", Clusters("1", {"a"}));
  source = Make(ResourceType::kCluster, "c.yaml");
  EXPECT_TRUE(source->Read().ok());
  Replace("c.yaml", "resources: [\n");
  EXPECT_NE(status.message().find("c.yaml:"), std::string::npos) << status;
  EXPECT_EQ(clusters.at("a"), "1");
  Replace("c.yaml", Clusters("2", {"a"}));
  EXPECT_EQ(clusters.at("a"), "2");
}

TEST_F(FileSourceTest, ARefusedResourceIsNamedAndTheOthersAreTaken) {
  sink.refused = {"bad"};
  Write("c.yaml", Clusters("1", {"good", "bad"}));
  source = Make(ResourceType::kCluster, "c.yaml");
  const absl::Status read = source->Read();
  EXPECT_NE(read.message().find("\"bad\" is refused by the test"), std::string::npos) << read;
  EXPECT_TRUE(clusters.contains("good"));
}

TEST_F(FileSourceTest, TwoOfOneNameOrOfAnotherTypeAreRefused) {
  Write("c.yaml", Clusters("1", {"a", "a"}));
  source = Make(ResourceType::kCluster, "c.yaml");
  EXPECT_FALSE(source->Read().ok());
  source = Make(ResourceType::kListener, "c.yaml");
  EXPECT_FALSE(source->Read().ok());
  EXPECT_TRUE(clusters.empty());
}

TEST_F(FileSourceTest, OfATypeThatIsAskedForByNameOnlyWhatIsWantedIsTaken) {
  Write("e.json",
        R"({"resources":[
             {"@type":"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
              "clusterName":"a"},
             {"@type":"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
              "clusterName":"b"}]})");
  source = Make(ResourceType::kEndpoints, "e.json");
  auto& endpoints = sink.held[ResourceType::kEndpoints];
  source->SetInterest({"a"});
  EXPECT_TRUE(endpoints.contains("a"));
  EXPECT_FALSE(endpoints.contains("b"));
  source->SetInterest({"a", "b"});
  EXPECT_TRUE(endpoints.contains("b"));
}

TEST_F(FileSourceTest, AMoveIntoTheWatchedFolderIsReadWhateverItsName) {
  Write("c.yaml", Clusters("1", {"a"}));
  std::filesystem::create_directory(folder + "/watched");
  source = Make(ResourceType::kCluster, "c.yaml", folder + "/watched");
  Write("c.yaml", Clusters("2", {"a"}));
  Replace("watched/..data", "anything");
  EXPECT_EQ(clusters.at("a"), "2");
}

TEST_F(FileSourceTest, BytesAndProtobufsOwnTextAreReadByTheirEnding) {
  envoy::service::discovery::v3::DiscoveryResponse response;
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name("a");
  response.set_version_info("1");
  response.add_resources()->PackFrom(cluster);
  Write("c.pb", response.SerializeAsString());
  source = Make(ResourceType::kCluster, "c.pb");
  EXPECT_TRUE(source->Read().ok());
  EXPECT_EQ(clusters.at("a"), "1");
  Write("c.pb_text",
        R"(version_info: "2" resources {
             [type.googleapis.com/envoy.config.cluster.v3.Cluster] { name: "a" } })");
  source = Make(ResourceType::kCluster, "c.pb_text");
  EXPECT_TRUE(source->Read().ok());
  EXPECT_EQ(clusters.at("a"), "2");
}

}  // namespace
}  // namespace sluice::xdsclient
