// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/route_table.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "dataplane/compile/text_proto.h"
#include "dataplane/filters/cors/config.h"

namespace sluice::compile {
namespace {

using envoy::config::route::v3::RouteConfiguration;

class CompileRouteTableTest : public testing::Test {
 protected:
  absl::StatusOr<CompiledRouteTable> Compile(const std::string& text) {
    return CompileRouteTable(FromText<RouteConfiguration>(text), "v1", context_);
  }
  static std::string WithRoute(const std::string& route) {
    return absl::StrCat(R"(name: "t" virtual_hosts { name: "v" domains: "*" routes {)", route,
                        "} }");
  }
  // The one route of a table.
  const config::Route& MustCompile(const std::string& route) {
    auto compiled = Compile(WithRoute(route));
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    if (!compiled.ok()) std::abort();
    kept_ = *std::move(compiled);
    return kept_.router->table().virtual_hosts[0].routes[0];
  }
  const config::Forward& MustForward(const std::string& action) {
    return std::get<config::Forward>(
        MustCompile(absl::StrCat(R"(match { prefix: "/" } route {)", action, "}")).action);
  }
  std::string Refusal(const std::string& route) {
    return std::string(Compile(WithRoute(route)).status().message());
  }

  CompileOptions options_;
  CompileContext context_{options_};
  CompiledRouteTable kept_;
};

TEST_F(CompileRouteTableTest, UnsetFieldsMeanEnvoysDefaults) {
  const config::Forward& forward = MustForward(R"(cluster: "c")");
  EXPECT_EQ(forward.timeout_ms, 15'000);
  EXPECT_EQ(forward.cluster_not_found_status, 503);
  EXPECT_EQ(forward.retry.on, 0u);
  EXPECT_FALSE(forward.idle_timeout_ms.has_value());
  EXPECT_EQ(kept_.clusters, std::vector<std::string>{"c"});
  EXPECT_EQ(kept_.router->table().version, "v1");
}

TEST_F(CompileRouteTableTest, MatchesAreTakenOver) {
  const config::Route& route = MustCompile(R"(
    match {
      path_separated_prefix: "/a" case_sensitive { value: false }
      headers { name: "X-A" string_match { prefix: "p" ignore_case: true } }
      headers { name: ":method" exact_match: "GET" }
      headers { name: "x-gone" present_match: false }
      headers { name: "x-n" range_match { start: 1 end: 5 } invert_match: true }
      query_parameters { name: "q" string_match { safe_regex { regex: "a+" } } }
      cookies { name: "c" string_match { exact: "1" } }
      runtime_fraction { default_value { numerator: 5 } }
      grpc {}
    }
    route { cluster: "c" })");
  const config::RouteMatch& match = route.match;
  EXPECT_EQ(match.path.kind, config::PathMatch::Kind::kSegmentPrefix);
  EXPECT_TRUE(match.path.ignore_case);
  ASSERT_EQ(match.headers.size(), 4u);
  EXPECT_EQ(match.headers[0].name, "x-a");
  EXPECT_EQ(match.headers[0].match.kind, config::StringMatch::Kind::kPrefix);
  EXPECT_TRUE(match.headers[0].match.ignore_case);
  EXPECT_EQ(match.headers[2].match.kind, config::StringMatch::Kind::kPresent);
  EXPECT_TRUE(match.headers[2].invert);
  EXPECT_EQ(match.headers[3].range, std::make_pair(int64_t{1}, int64_t{5}));
  EXPECT_TRUE(match.headers[3].invert);
  EXPECT_EQ(match.query[0].match.kind, config::StringMatch::Kind::kRegex);
  EXPECT_EQ(match.cookies[0].match.value, "1");
  EXPECT_EQ(match.fraction_per_million, 50'000u);
  EXPECT_TRUE(match.grpc_only);
}

TEST_F(CompileRouteTableTest, WeightedClustersKeepTheirEdits) {
  const config::Forward& forward = MustForward(R"(
    weighted_clusters {
      clusters { name: "a" weight { value: 3 } host_rewrite_literal: "a.example"
        request_headers_to_add { header { key: "X-B" value: "1" } append_action: OVERWRITE_IF_EXISTS_OR_ADD } }
      clusters { name: "b" weight { value: 1 } response_headers_to_remove: "Server" } })");
  ASSERT_EQ(forward.clusters.size(), 2u);
  EXPECT_EQ(forward.clusters[0].weight, 3u);
  EXPECT_EQ(forward.clusters[0].host_rewrite, "a.example");
  EXPECT_EQ(forward.clusters[0].request_edits.set[0].name, "x-b");
  EXPECT_EQ(forward.clusters[0].request_edits.set[0].action,
            config::HeaderEdit::Action::kOverwrite);
  EXPECT_EQ(forward.clusters[1].response_edits.remove, std::vector<std::string>{"server"});
}

TEST_F(CompileRouteTableTest, RetriesTimesAndMirrorsAreTakenOver) {
  const config::Forward& forward = MustForward(R"(
    cluster: "c" timeout {} idle_timeout { seconds: 1 }
    retry_policy { retry_on: "5xx, connect-failure,unavailable,retriable-headers"
      num_retries { value: 4 } per_try_timeout { nanos: 1000000 }
      retry_back_off { base_interval { nanos: 50000000 } }
      retriable_status_codes: 409 }
    request_mirror_policies { cluster: "m"
      runtime_fraction { default_value { numerator: 1 denominator: TEN_THOUSAND } } }
    max_stream_duration { grpc_timeout_header_max { seconds: 2 } }
    prefix_rewrite: "/x" append_x_forwarded_host: true)");
  using Retry = config::RetryPolicy;
  EXPECT_EQ(forward.timeout_ms, 0);
  EXPECT_EQ(forward.idle_timeout_ms, 1000);
  EXPECT_EQ(forward.retry.on, Retry::k5xx | Retry::kConnectFailure | Retry::kGrpcUnavailable);
  EXPECT_EQ(forward.retry.max_retries, 4u);
  EXPECT_EQ(forward.retry.per_try_timeout_ms, 1);
  EXPECT_EQ(forward.retry.base_backoff_ms, 50);
  EXPECT_EQ(forward.retry.max_backoff_ms, 500);
  EXPECT_EQ(forward.retry.status_codes, std::vector<uint16_t>{409});
  EXPECT_EQ(forward.mirrors[0].fraction_per_million, 100u);
  EXPECT_EQ(forward.grpc_timeout_header_max_ms, 2000);
  EXPECT_EQ(forward.prefix_rewrite, "/x");
  EXPECT_EQ(kept_.clusters, (std::vector<std::string>{"c", "m"}));
  ASSERT_EQ(context_.findings().size(), 1u);
  EXPECT_EQ(context_.findings()[0].subject, "retry_on value \"retriable-headers\"");
}

TEST_F(CompileRouteTableTest, HostsTriedBeforeNeedNoPredicateAndOthersAreListed) {
  constexpr std::string_view kRetry = R"(
    cluster: "c" retry_policy { retry_on: "5xx" host_selection_retry_max_attempts: 5
      per_try_idle_timeout { seconds: 3 }
      retry_host_predicate { name: "p" typed_config { type_url:
        "type.googleapis.com/envoy.extensions.retry.host.$0.v3.$1" } } })";
  const config::Forward& forward =
      MustForward(absl::Substitute(kRetry, "previous_hosts", "PreviousHostsPredicate"));
  EXPECT_EQ(forward.retry.per_try_idle_timeout_ms, 3000);
  EXPECT_TRUE(context_.findings().empty());
  MustForward(absl::Substitute(kRetry, "omit_canary_hosts", "OmitCanaryHostsPredicate"));
  ASSERT_EQ(context_.findings().size(), 1u);
  EXPECT_NE(context_.findings()[0].subject.find("OmitCanaryHosts"), std::string::npos);
}

TEST_F(CompileRouteTableTest, RedirectAndDirectResponseAreTakenOver) {
  const config::Route& redirect = MustCompile(R"(match { prefix: "/" }
    redirect { https_redirect: true host_redirect: "b.example" response_code: PERMANENT_REDIRECT
               prefix_rewrite: "/n" port_redirect: 8443 strip_query: true })");
  const auto& to = std::get<config::Redirect>(redirect.action);
  EXPECT_EQ(to.scheme, "https");
  EXPECT_EQ(to.host, "b.example");
  EXPECT_EQ(to.status, 308);
  EXPECT_EQ(to.prefix_rewrite, "/n");
  EXPECT_EQ(to.port, 8443u);
  EXPECT_TRUE(to.strip_query);
  const config::Route& direct = MustCompile(
      R"(match { path: "/x" } direct_response { status: 418 body { inline_string: "tea" } })");
  EXPECT_EQ(std::get<config::DirectResponse>(direct.action).status, 418);
  EXPECT_EQ(std::get<config::DirectResponse>(direct.action).body, "tea");
}

TEST_F(CompileRouteTableTest, CorsIsARoutesOverrideWrappedOrNot) {
  constexpr char kPolicy[] =
      R"([type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy] {
           allow_origin_string_match { exact: "https://a" } allow_methods: "GET" max_age: "5" })";
  for (const std::string& any :
       {std::string(kPolicy),
        absl::StrCat("[type.googleapis.com/envoy.config.route.v3.FilterConfig] { config {", kPolicy,
                     "} }")}) {
    const config::Route& route =
        MustCompile(absl::StrCat(R"(match { prefix: "/" } route { cluster: "c" }
                        typed_per_filter_config { key: "cors" value {)",
                                 any, "} }"));
    ASSERT_EQ(route.overrides.size(), 1u);
    EXPECT_EQ(route.overrides[0].filter_name, "cors");
    const auto* policy = dynamic_cast<const filters::CorsPolicy*>(route.overrides[0].config.get());
    ASSERT_NE(policy, nullptr);
    EXPECT_TRUE(policy->Allows("https://a"));
    EXPECT_EQ(policy->settings().max_age, "5");
  }
}

TEST_F(CompileRouteTableTest, FilterConfigCanDisableAndBeOptional) {
  const config::Route& route = MustCompile(R"(match { prefix: "/" } route { cluster: "c" }
    typed_per_filter_config { key: "cors" value {
      [type.googleapis.com/envoy.config.route.v3.FilterConfig] { disabled: true } } }
    typed_per_filter_config { key: "keys" value {
      [type.googleapis.com/envoy.config.route.v3.FilterConfig] { is_optional: true config {
        [type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute] {} } } } })");
  ASSERT_EQ(route.overrides.size(), 1u);
  EXPECT_TRUE(route.overrides[0].disabled);
  EXPECT_EQ(context_.findings().size(), 1u);

  EXPECT_NE(Refusal(R"(match { prefix: "/" } route { cluster: "c" }
    typed_per_filter_config { key: "keys" value {
      [type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute] {} } })")
                .find("routes[0].typed_per_filter_config[\"keys\"]: filter type"),
            std::string::npos);
}

TEST_F(CompileRouteTableTest, BodyLimitOfAWiderScopeIsInherited) {
  auto compiled = Compile(R"(name: "t" virtual_hosts { name: "v" domains: "*"
    typed_per_filter_config { key: "buffer" value {
      [type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute] {
        buffer { max_request_bytes { value: 7 } } } } }
    routes { match { prefix: "/a" } route { cluster: "c" } }
    routes { match { prefix: "/b" } route { cluster: "c" }
      typed_per_filter_config { key: "buffer" value {
        [type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute] {
          disabled: true } } } } })");
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  const auto& routes = compiled->router->table().virtual_hosts[0].routes;
  EXPECT_EQ(routes[0].max_request_body_bytes, 7u);
  EXPECT_EQ(routes[1].max_request_body_bytes, 0u);
}

TEST_F(CompileRouteTableTest, ErrorsSayWhere) {
  EXPECT_EQ(Refusal(R"(match {} route { cluster: "c" })"),
            "route table \"t\": virtual_hosts[0].routes[0].match: wants one of prefix, path, "
            "safe_regex and path_separated_prefix");
  EXPECT_EQ(Refusal(R"(match { prefix: "/" })"),
            "route table \"t\": virtual_hosts[0].routes[0]: wants one of route, redirect and "
            "direct_response");
  EXPECT_NE(Refusal(R"(match { path_match_policy { name: "uri" } } route { cluster: "c" })")
                .find("match.path_match_policy: extension \"uri\" is not known"),
            std::string::npos);
  EXPECT_NE(Refusal(R"(match { prefix: "/" } route { cluster: "c" }
                       request_headers_to_add { header { key: "Host" value: "x" } })")
                .find("request_headers_to_add[0].header.key: header \"host\" may not be edited"),
            std::string::npos);
  EXPECT_NE(Refusal(R"(match { prefix: "/" } route { cluster: "c" }
                       request_headers_to_add { header { key: "a" value: "x\r\nb: c" } })")
                .find("is no header value"),
            std::string::npos);
  EXPECT_NE(Refusal(R"(match { safe_regex { regex: "(" } } route { cluster: "c" })")
                .find("regex \"(\" is not valid"),
            std::string::npos);
  EXPECT_NE(Refusal(R"(match { prefix: "/" tls_context {} } route { cluster: "c" })")
                .find("match.tls_context: "),
            std::string::npos);
}

TEST_F(CompileRouteTableTest, FormatsAreCheckedWhereThereIsAChecker) {
  options_.check_text_format = [](std::string_view format) {
    return format == "%BAD%" ? absl::InvalidArgumentError("operator BAD is not known")
                             : absl::OkStatus();
  };
  EXPECT_NE(Refusal(R"(match { prefix: "/" } route { cluster: "c" }
                       response_headers_to_add { header { key: "a" value: "%BAD%" } })")
                .find("response_headers_to_add[0].header.value: operator BAD is not known"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::compile
