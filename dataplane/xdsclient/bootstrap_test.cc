// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/bootstrap.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

constexpr char kYaml[] = R"(
node: {id: one, cluster: default/edge}
static_resources:
  clusters:
  - name: blue
    connect_timeout: 0.25s
    type: STATIC
    load_assignment:
      cluster_name: blue
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 9001}}}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
)";

TEST(BootstrapTest, YamlReadsAsEnvoysJsonMapping) {
  const auto bootstrap = ParseBootstrap(kYaml, "b.yaml");
  ASSERT_TRUE(bootstrap.ok()) << bootstrap.status();
  EXPECT_EQ(bootstrap->node().cluster(), "default/edge");
  ASSERT_EQ(bootstrap->static_resources().clusters_size(), 1);
  const auto& cluster = bootstrap->static_resources().clusters(0);
  EXPECT_EQ(cluster.connect_timeout().nanos(), 250'000'000);
  EXPECT_EQ(cluster.typed_extension_protocol_options_size(), 1);
}

TEST(BootstrapTest, JsonReadsTheSame) {
  const auto bootstrap = ParseBootstrap(R"({"node":{"id":"one"},"admin":{"address":{"socketAddress":
                       {"address":"127.0.0.1","portValue":9901}}}})",
                                        "b.json");
  ASSERT_TRUE(bootstrap.ok()) << bootstrap.status();
  EXPECT_EQ(bootstrap->admin().address().socket_address().port_value(), 9901u);
}

TEST(BootstrapTest, UnknownFieldsAndBrokenTextSayWhere) {
  const auto unknown = ParseBootstrap("node: {idd: x}\n", "b.yaml");
  EXPECT_NE(unknown.status().message().find("idd"), std::string::npos) << unknown.status();
  const auto broken = ParseBootstrap("node:\n  id: [\n", "b.yaml");
  EXPECT_NE(broken.status().message().find("b.yaml:"), std::string::npos) << broken.status();
  EXPECT_FALSE(ParseBootstrap("a: &x 1\nb: *x\n", "b.yaml").ok());
  EXPECT_FALSE(ParseBootstrap("", "b.yaml").ok());
}

TEST(BootstrapTest, FlagsMakeADeltaStreamToTheControlPlane) {
  const auto bootstrap = BootstrapFromFlags(
      {.address = "127.0.0.1:15010", .gateway = "default/quickstart", .node_id = "p1"});
  ASSERT_TRUE(bootstrap.ok()) << bootstrap.status();
  EXPECT_EQ(bootstrap->node().cluster(), "default/quickstart");
  EXPECT_EQ(bootstrap->dynamic_resources().ads_config().api_type(),
            envoy::config::core::v3::ApiConfigSource::DELTA_GRPC);
}

TEST(BootstrapTest, TheControlPlanesConnectionIsProbed) {
  const auto flags = BootstrapFromFlags({.address = "127.0.0.1:15010", .gateway = "a/b"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  const auto& options =
      flags->static_resources().clusters(0).upstream_connection_options().tcp_keepalive();
  EXPECT_EQ(options.keepalive_time().value(), 30u);
  EXPECT_EQ(options.keepalive_interval().value(), 5u);
  EXPECT_EQ(options.keepalive_probes().value(), 4u);
}

TEST(BootstrapTest, WhatAFileSaysOfProbesStays) {
  auto bootstrap = ParseBootstrap(R"(
dynamic_resources: {ads_config: {grpc_services: [{envoy_grpc: {cluster_name: xds}}]}}
static_resources:
  clusters:
  - {name: other}
  - name: xds
    upstream_connection_options: {tcp_keepalive: {keepalive_time: 7}}
)",
                                  "b.yaml");
  ASSERT_TRUE(bootstrap.ok()) << bootstrap.status();
  auto& clusters = *bootstrap->mutable_static_resources()->mutable_clusters();
  WatchControlConnection(*bootstrap);
  EXPECT_FALSE(clusters[0].has_upstream_connection_options());
  EXPECT_EQ(clusters[1].upstream_connection_options().tcp_keepalive().keepalive_time().value(), 7u);
  EXPECT_FALSE(clusters[1].upstream_connection_options().tcp_keepalive().has_keepalive_probes());

  clusters[1].clear_upstream_connection_options();
  WatchControlConnection(*bootstrap);
  EXPECT_FALSE(clusters[0].has_upstream_connection_options());
  EXPECT_TRUE(clusters[1].upstream_connection_options().has_tcp_keepalive());
}

TEST(BootstrapTest, BadFlagsSayWhatTheyWant) {
  EXPECT_NE(BootstrapFromFlags({.address = "localhost", .gateway = "a/b"})
                .status()
                .message()
                .find("HOST:PORT"),
            std::string::npos);
  EXPECT_NE(BootstrapFromFlags({.address = "localhost:1", .gateway = "edge"})
                .status()
                .message()
                .find("NAMESPACE/NAME"),
            std::string::npos);
  ControlFlags flags{.address = "localhost:1", .gateway = "a/b", .cert_file = "c.pem"};
  EXPECT_NE(BootstrapFromFlags(flags).status().message().find("--control-key"), std::string::npos);
  flags.key_file = "k.pem";
  EXPECT_NE(BootstrapFromFlags(flags).status().message().find("--control-ca"), std::string::npos)
      << "a certificate that nobody would see";
  flags.ca_file = "ca.pem";
  EXPECT_TRUE(BootstrapFromFlags(flags).ok());
}

}  // namespace
}  // namespace sluice::xdsclient
