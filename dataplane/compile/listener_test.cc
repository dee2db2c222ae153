// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dataplane/compile/text_proto.h"

namespace sluice::compile {
namespace {

using envoy::config::listener::v3::Listener;

constexpr char kRouter[] = R"(
  http_filters { name: "router" typed_config {
    [type.googleapis.com/envoy.extensions.filters.http.router.v3.Router] {} } })";
constexpr char kRds[] = R"(rds { route_config_name: "routes" config_source { ads {} } })";

std::string Chain(const std::string& manager, const std::string& more = "") {
  return absl::StrCat(R"(filter_chains { filters { name: "hcm" typed_config {
    [type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager] {)",
                      manager, "} } } ", more, "}");
}

std::string Text(const std::string& chains) {
  return absl::StrCat(
      R"(name: "http" address { socket_address { address: "127.0.0.1" port_value: 8080 } })",
      chains);
}

class CompileListenerTest : public testing::Test {
 protected:
  absl::StatusOr<CompiledListener> Compile(const std::string& text) {
    return CompileListener(FromText<Listener>(text), "v1", context_);
  }
  CompiledListener MustCompile(const std::string& text) {
    auto compiled = Compile(text);
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    return compiled.ok() ? *std::move(compiled) : CompiledListener{};
  }
  std::string Refusal(const std::string& text) {
    return std::string(Compile(text).status().message());
  }

  CompileOptions options_;
  CompileContext context_{options_};
};

TEST_F(CompileListenerTest, UnsetFieldsMeanEnvoysDefaults) {
  const CompiledListener compiled = MustCompile(Text(Chain(absl::StrCat(kRds, kRouter))));
  const config::Listener& listener = compiled.listener;
  EXPECT_EQ(listener.name, "http");
  EXPECT_EQ(listener.version, "v1");
  ASSERT_EQ(listener.addresses.size(), 1u);
  EXPECT_EQ(listener.addresses[0].port, 8080);
  ASSERT_EQ(listener.filter_chains.size(), 1u);
  const config::HttpConnection& http = *listener.filter_chains[0].http;
  EXPECT_EQ(http.route_table_name, "routes");
  EXPECT_EQ(http.router, nullptr);
  EXPECT_FALSE(http.use_remote_address);
  EXPECT_TRUE(http.generate_request_id);
  EXPECT_FALSE(http.path.normalize);
  EXPECT_FALSE(http.path.merge_slashes);
  EXPECT_EQ(http.path.escaped_slashes, http::EscapedSlashes::kKeep);
  EXPECT_EQ(http.stream_idle_timeout_ms, 300'000);
  EXPECT_EQ(http.connection_idle_timeout_ms, 3'600'000);
  EXPECT_EQ(http.request_headers_timeout_ms, 0);
  EXPECT_EQ(http.http1.limits.max_headers_bytes, 60u * 1024);
  EXPECT_EQ(http.http1.limits.max_headers_count, 100u);
  EXPECT_FALSE(http.http1.enable_trailers);
  EXPECT_EQ(http.http2.max_concurrent_streams, 1024u);
  EXPECT_EQ(http.http2.limits.stream_buffer_bytes, 256u * 1024);
  EXPECT_EQ(http.http2.stream_reset_burst, 1000u);
  EXPECT_EQ(compiled.route_tables, std::vector<std::string>{"routes"});
  EXPECT_TRUE(context_.findings().empty());
}

TEST_F(CompileListenerTest, SettingsAreTakenOver) {
  const CompiledListener compiled = MustCompile(
      Text(Chain(absl::StrCat(kRds, R"(
        stat_prefix: "in" codec_type: HTTP2 use_remote_address { value: true }
        xff_num_trusted_hops: 2 normalize_path { value: true } merge_slashes: true
        path_with_escaped_slashes_action: REJECT_REQUEST strip_matching_host_port: true
        strip_trailing_host_dot: true stream_idle_timeout { seconds: 7 }
        request_headers_timeout { seconds: 8 } drain_timeout { seconds: 9 }
        max_request_headers_kb { value: 96 } server_name: "s"
        common_http_protocol_options {
          idle_timeout { seconds: 3 } max_headers_count { value: 50 }
          headers_with_underscores_action: REJECT_REQUEST max_requests_per_connection { value: 4 } }
        http_protocol_options { enable_trailers: true accept_http_10: true }
        http2_protocol_options { stream_reset_burst { value: 200 } stream_reset_rate { value: 7 } }
        upgrade_configs { upgrade_type: "WebSocket" })",
                              kRouter))) +
      " tcp_backlog_size { value: 99 } per_connection_buffer_limit_bytes { value: 32768 }" +
      R"( additional_addresses { address { socket_address { address: "::1" port_value: 8080 } } })");
  const config::HttpConnection& http = *compiled.listener.filter_chains[0].http;
  EXPECT_EQ(compiled.listener.backlog, 99u);
  EXPECT_EQ(http.http1.limits.stream_buffer_bytes, 32u * 1024);
  EXPECT_EQ(http.http2.limits.stream_buffer_bytes, 32u * 1024);
  EXPECT_EQ(compiled.listener.addresses.size(), 2u);
  EXPECT_EQ(http.codec, config::HttpConnection::Codec::kHttp2);
  EXPECT_TRUE(http.use_remote_address);
  EXPECT_EQ(http.xff_trusted_hops, 2u);
  EXPECT_TRUE(http.path.normalize);
  EXPECT_TRUE(http.path.merge_slashes);
  EXPECT_EQ(http.path.escaped_slashes, http::EscapedSlashes::kReject);
  EXPECT_EQ(http.strip_host_port, 8080u);
  EXPECT_TRUE(http.strip_trailing_host_dot);
  EXPECT_EQ(http.stream_idle_timeout_ms, 7000);
  EXPECT_EQ(http.request_headers_timeout_ms, 8000);
  EXPECT_EQ(http.drain_timeout_ms, 9000);
  EXPECT_EQ(http.connection_idle_timeout_ms, 3000);
  EXPECT_EQ(http.http1.limits.max_headers_bytes, 96u * 1024);
  EXPECT_EQ(http.http1.limits.max_value_bytes, 96u * 1024);
  EXPECT_EQ(http.http2.limits.max_headers_count, 50u);
  EXPECT_EQ(http.http1.underscores, http::UnderscorePolicy::kReject);
  EXPECT_TRUE(http.http1.enable_trailers);
  EXPECT_TRUE(http.http1.accept_http_10);
  EXPECT_EQ(http.http2.stream_reset_burst, 200u);
  EXPECT_EQ(http.http2.stream_reset_per_second, 7u);
  EXPECT_EQ(http.max_requests_per_connection, 4u);
  ASSERT_EQ(http.upgrades.size(), 1u);
  EXPECT_EQ(http.upgrades[0].protocol, "websocket");
}

TEST_F(CompileListenerTest, InlineTableIsBuiltAndNamesItsClusters) {
  const CompiledListener compiled = MustCompile(Text(Chain(absl::StrCat(R"(route_config {
    name: "inline" virtual_hosts { name: "v" domains: "*"
      routes { match { prefix: "/" } route { cluster: "c" } } } })",
                                                                        kRouter))));
  EXPECT_NE(compiled.listener.filter_chains[0].http->router, nullptr);
  EXPECT_EQ(compiled.clusters, std::vector<std::string>{"c"});
  EXPECT_TRUE(compiled.route_tables.empty());
}

constexpr char kTls[] = R"(transport_socket { name: "tls" typed_config {
  [type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext] {
    common_tls_context {
      alpn_protocols: "h2"
      tls_certificate_sds_secret_configs { name: "cert" sds_config { ads {} } } } } } })";

TEST_F(CompileListenerTest, SecretsStayByName) {
  const CompiledListener compiled = MustCompile(
      Text(Chain(absl::StrCat(kRds, kRouter),
                 absl::StrCat(R"(filter_chain_match { server_names: "*.Example.com" })", kTls))));
  EXPECT_EQ(compiled.secrets, std::vector<std::string>{"cert"});
  ASSERT_EQ(compiled.chain_secrets.size(), 1u);
  EXPECT_EQ(compiled.chain_secrets[0].certificates, std::vector<std::string>{"cert"});
  const config::FilterChain& chain = compiled.listener.filter_chains[0];
  EXPECT_EQ(chain.match.server_names, std::vector<std::string>{"*.example.com"});
  ASSERT_NE(chain.tls, nullptr);
  EXPECT_TRUE(chain.tls->common.certificates.empty());
  EXPECT_TRUE(chain.http->http2.tls);
}

TEST_F(CompileListenerTest, EqualMatchesAreRefused) {
  const std::string chain = Chain(absl::StrCat(kRds, kRouter));
  EXPECT_EQ(Refusal(Text(chain + chain)),
            "listener \"http\": filter_chains[1].filter_chain_match: is also that of an earlier "
            "filter chain");
}

TEST_F(CompileListenerTest, RouterMustBeLast) {
  constexpr char kCors[] = R"(http_filters { name: "cors" typed_config {
    [type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors] {} } })";
  const CompiledListener compiled = MustCompile(Text(Chain(absl::StrCat(kRds, kCors, kRouter))));
  ASSERT_EQ(compiled.listener.filter_chains[0].http->filters.size(), 1u);
  EXPECT_EQ(compiled.listener.filter_chains[0].http->filters[0].name, "cors");
  EXPECT_EQ(Refusal(Text(Chain(absl::StrCat(kRds, kRouter, kCors)))),
            "listener \"http\": filter_chains[0].filters[0].typed_config.http_filters[1]: stands "
            "behind the router, which must be last");
  EXPECT_NE(Refusal(Text(Chain(absl::StrCat(kRds, kCors)))).find("must end with"),
            std::string::npos);
}

TEST_F(CompileListenerTest, FilterThatWeDoNotHaveIsRefusedUnlessOptionalOrDisabled) {
  const auto with = [&](const std::string& flag) {
    return Text(Chain(absl::StrCat(kRds, R"(http_filters { name: "keys" )", flag, R"( typed_config {
      [type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth] {} } })",
                                   kRouter)));
  };
  EXPECT_NE(
      Refusal(with("")).find(
          "filter type \"envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth\" is not known"),
      std::string::npos);
  for (const char* flag : {"is_optional: true", "disabled: true"}) {
    const CompiledListener compiled = MustCompile(with(flag));
    EXPECT_TRUE(compiled.listener.filter_chains[0].http->filters.empty());
    ASSERT_EQ(context_.findings().size(), 1u);
    EXPECT_EQ(context_.findings()[0].subject,
              "envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth");
  }
}

TEST_F(CompileListenerTest, FieldsThatNobodyActsOnAreListed) {
  MustCompile(Text(Chain(absl::StrCat(kRds, R"(
                  stream_error_on_invalid_http_message { value: true }
                  http_protocol_options { override_stream_error_on_invalid_http_message { value: true } }
                  http2_protocol_options {
                    override_stream_error_on_invalid_http_message { value: true }
                    max_outbound_frames { value: 9 } max_header_field_size_kb { value: 9 } })",
                                      kRouter))) +
              " listener_filters_timeout { seconds: 1 }");
  std::vector<std::string> paths;
  for (const Finding& finding : context_.findings()) {
    const size_t manager = finding.path.find("typed_config.");
    paths.push_back(manager == std::string::npos ? finding.path
                                                 : finding.path.substr(manager + 13));
  }
  EXPECT_THAT(paths,
              testing::UnorderedElementsAre(
                  "stream_error_on_invalid_http_message",
                  "http_protocol_options.override_stream_error_on_invalid_http_message",
                  // For HTTP/2 it asks for what happens anyway.
                  "http2_protocol_options.max_outbound_frames",
                  "http2_protocol_options.max_header_field_size_kb", "listener_filters_timeout"));
}

TEST_F(CompileListenerTest, TypedStructStandsForTheMessageItNames) {
  const std::string manager = absl::StrCat(kRds, R"(http_filters { name: "router" typed_config {
    [type.googleapis.com/xds.type.v3.TypedStruct] {
      type_url: "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
      value { fields { key: "suppress_envoy_headers" value { bool_value: true } } } } } })");
  MustCompile(Text(Chain(manager)));
  ASSERT_EQ(context_.findings().size(), 1u);
  EXPECT_EQ(context_.findings()[0].subject,
            "envoy.extensions.filters.http.router.v3.Router.suppress_envoy_headers");
  EXPECT_NE(Refusal(Text(Chain(absl::StrReplaceAll(manager, {{"suppress_", "supress_"}}))))
                .find("http_filters[0].typed_config.value: is no envoy"),
            std::string::npos);
}

TEST_F(CompileListenerTest, ErrorsSayWhere) {
  EXPECT_EQ(Refusal(Text("")),
            "listener \"http\": filter_chains: wants one or more, or a default_filter_chain");
  EXPECT_EQ(Refusal(Text(Chain(kRouter))),
            "listener \"http\": filter_chains[0].filters[0].typed_config: wants one of rds and "
            "route_config");
  EXPECT_EQ(Refusal(Text(Chain(absl::StrCat(kRds, kRouter, "request_timeout { seconds: -1 }")))),
            "listener \"http\": filter_chains[0].filters[0].typed_config.request_timeout: -1s and "
            "0ns must not be negative");
  EXPECT_EQ(Refusal(Text(Chain(absl::StrCat(kRds, kRouter,
                                            "http2_protocol_options { "
                                            "initial_stream_window_size { value: 1 } }")))),
            "listener \"http\": filter_chains[0].filters[0].typed_config.http2_protocol_options."
            "initial_stream_window_size: 1 is not within 65535 and 2147483647");
  EXPECT_EQ(Refusal(absl::StrReplaceAll(Text(Chain(absl::StrCat(kRds, kRouter))),
                                        {{"127.0.0.1", "localhost"}})),
            "listener \"http\": address.socket_address.address: \"localhost\" is no IP address");
}

TEST_F(CompileListenerTest, ConnectionLimitIsTheChains) {
  const std::string chain = Chain(absl::StrCat(kRds, kRouter));
  constexpr char kLimited[] = R"(filter_chains { filters { name: "limit" typed_config {
    [type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit] {
      stat_prefix: "x" max_connections { value: 7 } } } } )";
  const std::string limited = absl::StrReplaceAll(chain, {{"filter_chains { ", kLimited}});
  const CompiledListener compiled = MustCompile(Text(limited));
  EXPECT_EQ(compiled.listener.filter_chains[0].max_connections, 7u);
  EXPECT_EQ(MustCompile(Text(chain)).listener.filter_chains[0].max_connections, 0u);
  EXPECT_EQ(
      Refusal(Text(absl::StrReplaceAll(limited, {{"value: 7", "value: 0"}}))),
      "listener \"http\": filter_chains[0].filters[0].typed_config.max_connections: must be at "
      "least 1");
}

TEST_F(CompileListenerTest, ClientHelloLimitThatCannotBeKeptIsRefused) {
  const auto with = [&](int size) {
    return Text(Chain(absl::StrCat(kRds, kRouter))) + absl::StrCat(R"(listener_filters {
      name: "tls" typed_config {
        [type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector] {
          max_client_hello_size { value: )",
                                                                   size, "} } } }");
  };
  MustCompile(with(16384));
  EXPECT_NE(Refusal(with(1024)).find("cannot be kept"), std::string::npos);
}

TEST_F(CompileListenerTest, BufferFilterBoundsBodies) {
  const CompiledListener compiled = MustCompile(Text(Chain(absl::StrCat(kRds, R"(
    http_filters { name: "buffer" typed_config {
      [type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer] {
        max_request_bytes { value: 1000 } } } })",
                                                                        kRouter))));
  EXPECT_EQ(compiled.listener.filter_chains[0].http->max_request_body_bytes, 1000u);
}

}  // namespace
}  // namespace sluice::compile
