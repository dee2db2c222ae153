// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/cluster.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "dataplane/compile/text_proto.h"

namespace sluice::compile {
namespace {

using ClusterMessage = envoy::config::cluster::v3::Cluster;
using Cluster = config::Cluster;

constexpr char kStatic[] = R"(name: "c" load_assignment { endpoints { lb_endpoints { endpoint {
  address { socket_address { address: "127.0.0.1" port_value: 80 } } } } } })";

class CompileClusterTest : public testing::Test {
 protected:
  absl::StatusOr<CompiledCluster> Compile(const std::string& text) {
    return CompileCluster(FromText<ClusterMessage>(text), "v1", context_);
  }
  CompiledCluster MustCompile(const std::string& text) {
    auto compiled = Compile(text);
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    return compiled.ok() ? *std::move(compiled) : CompiledCluster{};
  }
  std::string Refusal(const std::string& text) {
    return std::string(Compile(text).status().message());
  }

  CompileOptions options_;
  CompileContext context_{options_};
};

TEST_F(CompileClusterTest, UnsetFieldsMeanEnvoysDefaults) {
  const CompiledCluster compiled = MustCompile(kStatic);
  const Cluster& cluster = compiled.cluster;
  EXPECT_EQ(cluster.discovery, Cluster::Discovery::kStatic);
  ASSERT_EQ(cluster.endpoints.endpoints.size(), 1u);
  EXPECT_EQ(cluster.endpoints.overprovisioning_percent, 140u);
  EXPECT_EQ(cluster.connect_timeout_ms, 5000);
  EXPECT_EQ(cluster.lb_policy, config::LbPolicy::kRoundRobin);
  EXPECT_EQ(cluster.panic_threshold_percent, 50);
  EXPECT_EQ(cluster.upstream_http, Cluster::UpstreamHttp::kHttp1);
  EXPECT_EQ(cluster.idle_timeout_ms, 3'600'000);
  EXPECT_EQ(cluster.circuit_breaker.max_connections, 1024u);
  EXPECT_EQ(cluster.circuit_breaker.max_retries, 3u);
  EXPECT_FALSE(cluster.circuit_breaker.retry_budget_percent.has_value());
  EXPECT_EQ(cluster.tls, nullptr);
  EXPECT_TRUE(context_.findings().empty());
}

TEST_F(CompileClusterTest, KeepAliveIsTakenAsFarAsItIsSet) {
  EXPECT_FALSE(MustCompile(kStatic).cluster.tcp_keepalive.has_value());
  const CompiledCluster compiled = MustCompile(absl::StrCat(kStatic, R"(
    upstream_connection_options { tcp_keepalive { keepalive_time { value: 30 }
                                                  keepalive_probes { value: 4 } } })"));
  ASSERT_TRUE(compiled.cluster.tcp_keepalive.has_value());
  EXPECT_EQ(compiled.cluster.tcp_keepalive->idle_s, 30u);
  EXPECT_EQ(compiled.cluster.tcp_keepalive->probes, 4u);
  EXPECT_FALSE(compiled.cluster.tcp_keepalive->interval_s.has_value());
  EXPECT_TRUE(context_.findings().empty());
}

TEST_F(CompileClusterTest, EdsIsNamedAndWantsASource) {
  const CompiledCluster compiled = MustCompile(
      R"(name: "c" type: EDS eds_cluster_config { service_name: "s" eds_config { ads {} } }
         common_lb_config { locality_weighted_lb_config {} })");
  EXPECT_EQ(compiled.cluster.discovery, Cluster::Discovery::kEds);
  EXPECT_EQ(compiled.cluster.eds_service_name, "s");
  EXPECT_TRUE(compiled.endpoint_rules.locality_weighted);
  EXPECT_EQ(Refusal(R"(name: "c" type: EDS)"),
            "cluster \"c\": eds_cluster_config.eds_config: wants one of ads, "
            "api_config_source and path_config_source");
}

TEST_F(CompileClusterTest, DnsClusterIsTheNewFormOfStrictDns) {
  const CompiledCluster compiled = MustCompile(R"(name: "c"
    cluster_type { name: "envoy.cluster.dns" typed_config {
      [type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster] {
        dns_refresh_rate { seconds: 2 } respect_dns_ttl: true dns_lookup_family: V4_ONLY } } }
    load_assignment { endpoints { lb_endpoints { endpoint {
      address { socket_address { address: "api.example" port_value: 80 } } } } } })");
  EXPECT_EQ(compiled.cluster.discovery, Cluster::Discovery::kStrictDns);
  EXPECT_EQ(compiled.cluster.dns_refresh_ms, 2000);
  EXPECT_TRUE(compiled.cluster.respect_dns_ttl);
  EXPECT_EQ(compiled.cluster.dns_family, Cluster::DnsFamily::kV4Only);
  EXPECT_EQ(compiled.cluster.endpoints.endpoints[0].address, "api.example");
}

TEST_F(CompileClusterTest, TheBufferLimitBoundsWhatIsQueuedForAnEndpoint) {
  const auto with = [&](int bytes) {
    return MustCompile(
               absl::StrCat(kStatic, " per_connection_buffer_limit_bytes { value: ", bytes, " }"))
        .cluster;
  };
  EXPECT_EQ(with(65536).http1.limits.stream_buffer_bytes, 65536u);
  EXPECT_EQ(with(65536).http2.limits.stream_buffer_bytes, 65536u);
  EXPECT_EQ(with(1).http2.limits.stream_buffer_bytes, 16u * 1024);
}

TEST_F(CompileClusterTest, HttpOptionsChooseTheProtocol) {
  const auto with = [&](const std::string& options) {
    return MustCompile(absl::StrCat(kStatic, R"(typed_extension_protocol_options {
      key: "envoy.extensions.upstreams.http.v3.HttpProtocolOptions" value {
        [type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions] {)",
                                    options, "} } }"))
        .cluster;
  };
  const Cluster h2 = with(R"(explicit_http_config { http2_protocol_options {
      max_concurrent_streams { value: 5 } } }
    common_http_protocol_options { idle_timeout {} max_requests_per_connection { value: 9 } })");
  EXPECT_EQ(h2.upstream_http, Cluster::UpstreamHttp::kHttp2);
  EXPECT_EQ(h2.http2.max_concurrent_streams, 5u);
  EXPECT_EQ(h2.http2.limits.stream_buffer_bytes, 256u * 1024);
  EXPECT_FALSE(h2.idle_timeout_ms.has_value());
  EXPECT_EQ(h2.max_requests_per_connection, 9u);
  EXPECT_EQ(with("auto_config {}").upstream_http, Cluster::UpstreamHttp::kAuto);
  EXPECT_EQ(with("use_downstream_protocol_config {}").upstream_http,
            Cluster::UpstreamHttp::kDownstreamProtocol);
  EXPECT_EQ(MustCompile(absl::StrCat(kStatic, "http2_protocol_options {}")).cluster.upstream_http,
            Cluster::UpstreamHttp::kHttp2);
}

TEST_F(CompileClusterTest, FirstPolicyThatWeHaveIsTaken) {
  const auto policies = [](const std::string& entries) {
    return absl::StrCat(kStatic, "load_balancing_policy {", entries, "}");
  };
  const auto entry = [](const std::string& type, const std::string& config = "") {
    return absl::StrCat(
        "policies { typed_extension_config { name: 'p' typed_config {"
        "[type.googleapis.com/envoy.extensions.load_balancing_policies.",
        type, "] {", config, "} } } }");
  };
  const Cluster cluster =
      MustCompile(policies(entry("maglev.v3.Maglev") +
                           entry("least_request.v3.LeastRequest", "choice_count { value: 3 }")))
          .cluster;
  EXPECT_EQ(cluster.lb_policy, config::LbPolicy::kLeastRequest);
  EXPECT_EQ(cluster.least_request_choices, 3u);
  EXPECT_EQ(MustCompile(policies(entry("random.v3.Random"))).cluster.lb_policy,
            config::LbPolicy::kRandom);
  EXPECT_EQ(MustCompile(policies(entry("maglev.v3.Maglev"))).cluster.lb_policy,
            config::LbPolicy::kRoundRobin);
  EXPECT_EQ(context_.findings().size(), 1u);
}

TEST_F(CompileClusterTest, CircuitBreakersOfTheDefaultPriorityCount) {
  const Cluster cluster = MustCompile(absl::StrCat(kStatic, R"(circuit_breakers {
    thresholds { priority: HIGH max_requests { value: 1 } }
    thresholds { max_requests { value: 2 } max_retries { value: 4 }
                 retry_budget { budget_percent { value: 25 } } } })"))
                              .cluster;
  EXPECT_EQ(cluster.circuit_breaker.max_requests, 2u);
  EXPECT_EQ(cluster.circuit_breaker.max_retries, 4u);
  EXPECT_EQ(cluster.circuit_breaker.retry_budget_percent, 25u);
  EXPECT_EQ(cluster.circuit_breaker.retry_budget_min, 3u);
}

TEST_F(CompileClusterTest, TlsOffersTheProtocolAndKeepsItsSecretsByName) {
  const CompiledCluster compiled = MustCompile(absl::StrCat(kStatic, R"(http2_protocol_options {}
    transport_socket { name: "tls" typed_config {
      [type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext] {
        sni: "api.example" common_tls_context {
          validation_context_sds_secret_config { name: "ca" sds_config { ads {} } } } } } })"));
  ASSERT_NE(compiled.cluster.tls, nullptr);
  EXPECT_EQ(compiled.cluster.tls->sni, "api.example");
  EXPECT_EQ(compiled.cluster.tls->common.alpn, std::vector<std::string>{"h2"});
  EXPECT_EQ(compiled.secrets.validation, "ca");
}

TEST_F(CompileClusterTest, ErrorsSayWhere) {
  EXPECT_EQ(Refusal(absl::StrCat(kStatic, "connect_timeout {}")),
            "cluster \"c\": connect_timeout: must be above 0");
  EXPECT_EQ(Refusal(R"(name: "c" type: LOGICAL_DNS)"),
            "cluster \"c\": load_assignment: has 0 endpoints, and LOGICAL_DNS wants one");
  EXPECT_NE(Refusal(absl::StrCat(kStatic, "transport_socket_matches { name: 'x' }"))
                .find("transport_socket_matches: "),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::compile
