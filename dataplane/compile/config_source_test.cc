// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/config_source.h"

#include <string>

#include "dataplane/compile/text_proto.h"
#include "gtest/gtest.h"

namespace sluice::compile {
namespace {

using envoy::config::core::v3::ConfigSource;
using Kind = ResourceSource::Kind;

class ConfigSourceTest : public testing::Test {
 protected:
  absl::StatusOr<ResourceSource> Read(const std::string& text) {
    CompileContext context(options);
    context.Begin("listener", "l");
    return ReadConfigSource(FromText<ConfigSource>(text), "config_source", context);
  }

  CompileOptions options;
};

TEST_F(ConfigSourceTest, AdsAndSelfAreTheAggregatedStream) {
  for (const char* text : {"ads {}", "self {}"}) {
    const auto source = Read(text);
    ASSERT_TRUE(source.ok()) << source.status();
    EXPECT_EQ(*source, ResourceSource());
  }
}

TEST_F(ConfigSourceTest, AdsIsRefusedWhereThereIsNone) {
  options.has_ads = false;
  EXPECT_EQ(Read("ads {}").status().message(),
            "listener \"l\": config_source: wants ADS, and dynamic_resources.ads_config is not "
            "set");
}

TEST_F(ConfigSourceTest, AFileMayHaveAFolderToWatch) {
  const auto plain = Read(R"(path_config_source { path: "/a/b.yaml" })");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(*plain, (ResourceSource{.kind = Kind::kFile, .path = "/a/b.yaml"}));
  const auto watched =
      Read(R"(path_config_source { path: "/a/b.yaml" watched_directory { path: "/w" } })");
  ASSERT_TRUE(watched.ok()) << watched.status();
  EXPECT_EQ(watched->watched_directory, "/w");
  EXPECT_FALSE(Read("path_config_source {}").ok());
}

TEST_F(ConfigSourceTest, TheOldPathIsAFileToo) {
  const auto source = Read(R"(path: "/a/b.yaml")");
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->path, "/a/b.yaml");
  EXPECT_FALSE(Read(R"(path: "")").ok()) << "would watch the working directory";
}

TEST_F(ConfigSourceTest, AServerOfItsOwnSaysItsClusterAndVariant) {
  const auto source = Read(R"(
    api_config_source {
      api_type: DELTA_GRPC
      grpc_services { envoy_grpc { cluster_name: "x" } }
    })");
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(*source, (ResourceSource{.kind = Kind::kServer, .cluster = "x", .delta = true}));
}

TEST_F(ConfigSourceTest, RestAndNothingAreRefused) {
  EXPECT_FALSE(Read("api_config_source { api_type: REST cluster_names: \"x\" }").ok());
  EXPECT_FALSE(Read("api_config_source { api_type: GRPC }").ok());
  EXPECT_FALSE(Read("").ok());
}

}  // namespace
}  // namespace sluice::compile
