// SPDX-License-Identifier: Apache-2.0
// Who may call and who calls, out of typed_per_filter_config.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dataplane/compile/context.h"
#include "dataplane/compile/filter_configs.h"
#include "dataplane/compile/route_table.h"
#include "dataplane/compile/text_proto.h"
#include "dataplane/filters/identify/config.h"
#include "dataplane/filters/rbac/config.h"
#include "sluice/identity/v1/identify.pb.h"

namespace sluice::compile {
namespace {

using envoy::config::route::v3::RouteConfiguration;

constexpr char kJwks[] = R"({\"keys\":[{\"kty\":\"oct\",\"k\":)"
                         R"(\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}]})";

class PoliciesTest : public testing::Test {
 protected:
  PoliciesTest() { options_.filter_configs = std::make_shared<FilterConfigs>(); }

  static std::string Route(const std::string& type, const std::string& config) {
    return absl::StrCat(
        R"(routes { match { prefix: "/" } direct_response { status: 200 }
           typed_per_filter_config { key: "f" value { [type.googleapis.com/)",
        type, "] {", config, "} } } }");
  }
  absl::StatusOr<CompiledRouteTable> Compile(const std::string& routes) {
    // Linked for text_proto's Any.
    EXPECT_FALSE(identity::v1::IdentifyPerRoute::descriptor()->full_name().empty());
    return CompileRouteTable(
        FromText<RouteConfiguration>(
            absl::StrCat(R"(name: "t" virtual_hosts { name: "v" domains: "*" )", routes, "}")),
        "v1", context_);
  }
  std::shared_ptr<const config::FilterConfig> Override(size_t route = 0) {
    return kept_.router->table().virtual_hosts[0].routes[route].overrides.at(0).config;
  }
  template <typename T>
  const T& Must(const std::string& type, const std::string& config) {
    auto compiled = Compile(Route(type, config));
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    if (!compiled.ok()) std::abort();
    kept_ = *std::move(compiled);
    return dynamic_cast<const T&>(*Override());
  }
  const filters::RbacConfig& MustRbac(const std::string& config) {
    return Must<filters::RbacConfig>("envoy.extensions.filters.http.rbac.v3.RBACPerRoute", config);
  }
  const filters::IdentifySettings& MustIdentify(const std::string& config) {
    return Must<filters::IdentifyPolicy>("sluice.identity.v1.IdentifyPerRoute", config).settings();
  }
  std::string Refusal(const std::string& type, const std::string& config) {
    const std::string text(Compile(Route(type, config)).status().message());
    const std::string place =
        R"(route table "t": virtual_hosts[0].routes[0].typed_per_filter_config["f"])";
    return text.starts_with(place) ? text.substr(place.size()) : text;
  }
  std::string RbacRefusal(const std::string& config) {
    return Refusal("envoy.extensions.filters.http.rbac.v3.RBACPerRoute", config);
  }
  std::string IdentifyRefusal(const std::string& config) {
    return Refusal("sluice.identity.v1.IdentifyPerRoute", config);
  }

  CompileOptions options_;
  CompileContext context_{options_};
  CompiledRouteTable kept_;
};

constexpr char kAnyPolicy[] = "permissions { any: true } principals { any: true }";

TEST_F(PoliciesTest, RulesStandInTheOrderOfTheirNames) {
  const filters::RbacConfig& rbac = MustRbac(absl::StrCat(
      "rbac { rules_stat_prefix: 'AuthPolicy/a/b' rules { action: DENY policies { key: 'z' value {",
      kAnyPolicy, "} } policies { key: 'a' value {", kAnyPolicy, "} } } }"));
  ASSERT_NE(rbac.rules(), nullptr);
  EXPECT_FALSE(rbac.rules()->lets_in);
  EXPECT_EQ(rbac.rules()->policy, "AuthPolicy/a/b");
  ASSERT_EQ(rbac.rules()->rules.size(), 2U);
  EXPECT_EQ(rbac.rules()->rules[0].name, "a");
  EXPECT_EQ(rbac.shadow(), nullptr);
  EXPECT_FALSE(kept_.needs_consumers);
}

TEST_F(PoliciesTest, ARouteWithoutRulesSwitchesThoseOfTheChainOff) {
  EXPECT_EQ(MustRbac("").rules(), nullptr);
  EXPECT_EQ(MustRbac("rbac {}").rules(), nullptr);
  EXPECT_NE(MustRbac("rbac { rules {} }").rules(), nullptr) << "they let nobody in";
}

TEST_F(PoliciesTest, RulesThatLogDecideNothing) {
  EXPECT_EQ(MustRbac("rbac { rules { action: LOG } }").rules(), nullptr);
  EXPECT_FALSE(context_.findings().empty());
}

TEST_F(PoliciesTest, WhatOfRulesIsNotImplementedIsRefused) {
  EXPECT_NE(RbacRefusal("rbac { matcher {} }").find("matcher"), std::string::npos);
  EXPECT_NE(RbacRefusal(absl::StrCat("rbac { rules { policies { key: 'a' value {", kAnyPolicy,
                                     " condition {} } } } }"))
                .find("condition"),
            std::string::npos);
  EXPECT_NE(RbacRefusal("rbac { rules { policies { key: 'a' value { permissions { any: true } "
                        "principals { custom { name: 'x' } } } } } }")
                .find("may not be skipped"),
            std::string::npos);
}

TEST_F(PoliciesTest, MethodsAreTakenOver) {
  const filters::IdentifySettings& settings = MustIdentify(absl::StrCat(R"(
      policy: "AuthPolicy/a/b" consumer_namespace: "a" require: ALL
      methods { name: "key" api_key { forward: true
          sources { place { header: "X-Key" } prefix: "Key " }
          sources { place { cookie: "k" } } } }
      methods { name: "basic" basic { realm: "say \"please\"" } }
      methods { name: "mtls" certificate {} }
      methods { name: "jwt" jwt {
          provider { issuer: "i" audiences: "x" require_expiration: true
              local_jwks { inline_string: ")",
                                                                        kJwks, R"(" }
              claim_to_headers { header_name: "X-User" claim_name: "sub" } }
          required_claims { name: "role" values: "admin" } } })"));
  EXPECT_EQ(settings.policy, "AuthPolicy/a/b");
  EXPECT_TRUE(settings.require_all);
  ASSERT_EQ(settings.methods.size(), 4U);
  const auto& key = std::get<filters::ApiKeyMethod>(settings.methods[0].how);
  EXPECT_TRUE(key.forward);
  ASSERT_EQ(key.from.size(), 2U);
  EXPECT_EQ(key.from[0].name, "x-key");
  EXPECT_EQ(key.from[0].prefix, "Key ");
  EXPECT_EQ(key.from[1].kind, filters::CredentialSource::Kind::kCookie);
  EXPECT_EQ(settings.methods[0].challenge, "ApiKey realm=\"AuthPolicy/a/b\"");
  EXPECT_EQ(settings.methods[1].challenge, "Basic realm=\"say \\\"please\\\"\"");
  const auto& jwt = std::get<filters::JwtMethod>(settings.methods[3].how);
  EXPECT_EQ(jwt.rules->issuer, "i");
  EXPECT_TRUE(jwt.rules->times.require_expiration);
  EXPECT_EQ(jwt.rules->times.clock_skew, absl::Seconds(60));
  ASSERT_EQ(jwt.from.size(), 2U) << "authorization and access_token";
  ASSERT_EQ(jwt.claim_headers.size(), 1U);
  EXPECT_EQ(jwt.claim_headers[0].header, "x-user");
  ASSERT_EQ(jwt.required.size(), 1U);
  EXPECT_TRUE(kept_.needs_consumers);
}

TEST_F(PoliciesTest, WhoAsksNobodyNeedsNoConsumers) {
  MustIdentify("policy: 'p' unusable: 'the Secret a/b does not exist'");
  EXPECT_FALSE(kept_.needs_consumers);
}

TEST_F(PoliciesTest, AnErrorOfAMethodNamesItsPlace) {
  EXPECT_EQ(IdentifyRefusal("methods { name: 'a' }"),
            ".methods[0]: wants one of api_key, jwt, basic and certificate");
  EXPECT_EQ(IdentifyRefusal("methods { basic {} }"), ".methods[0].name: is empty");
  EXPECT_EQ(IdentifyRefusal("methods { name: 'a' basic {} } methods { name: 'a' basic {} }"),
            ".methods[1].name: there are two of \"a\"");
  EXPECT_EQ(IdentifyRefusal("methods { name: 'a' api_key {} }"),
            ".methods[0].api_key.sources: 0 of them: wants 1 to 16");
  EXPECT_EQ(
      IdentifyRefusal("methods { name: 'a' api_key { sources { place { header: 'x y' } } } }"),
      ".methods[0].api_key.sources[0].place.header: \"x y\" is no header name");
  EXPECT_EQ(IdentifyRefusal("methods { name: 'a' jwt { provider { issuer: 'i' } } }"),
            ".methods[0].jwt.provider.local_jwks: is missing");
}

TEST_F(PoliciesTest, AKeySetThatCannotBeReadIsRefused) {
  const std::string refusal = IdentifyRefusal(
      "methods { name: 'a' jwt { provider { local_jwks { inline_string: '{}' } } } }");
  EXPECT_NE(refusal.find(".provider.local_jwks: "), std::string::npos) << refusal;
}

TEST_F(PoliciesTest, KeysThatWouldBeFetchedAreRefused) {
  const std::string refusal = IdentifyRefusal(
      "methods { name: 'a' jwt { provider { remote_jwks { cache_duration { seconds: 1 } } } } }");
  EXPECT_NE(refusal.find("may not be skipped"), std::string::npos) << refusal;
}

TEST_F(PoliciesTest, AClaimSetsNoHeaderThatFramesAMessage) {
  const std::string refusal = IdentifyRefusal(
      absl::StrCat("methods { name: 'a' jwt { provider { local_jwks { inline_string: \"", kJwks,
                   "\" } claim_to_headers { header_name: 'Host' claim_name: 'sub' } } } }"));
  EXPECT_EQ(refusal,
            ".methods[0].jwt.provider.claim_to_headers[0].header_name: \"Host\" is not for a token "
            "to set");
}

// A hundred routes with one policy hold it once, and so does the table that comes next.
TEST_F(PoliciesTest, EqualPoliciesAreOne) {
  const std::string route =
      Route("sluice.identity.v1.IdentifyPerRoute", "policy: 'p' methods { name: 'b' basic {} }");
  auto first = Compile(route + route);
  ASSERT_TRUE(first.ok()) << first.status();
  kept_ = *std::move(first);
  const auto policy = Override(0);
  EXPECT_EQ(policy, Override(1));
  auto second = Compile(route);
  ASSERT_TRUE(second.ok()) << second.status();
  kept_ = *std::move(second);
  EXPECT_EQ(Override(0), policy);
  EXPECT_TRUE(kept_.needs_consumers) << "though it was not compiled anew";
}

TEST(FilterConfigsTest, WhatIsGoneIsForgotten) {
  FilterConfigs configs;
  auto config = std::make_shared<const config::FilterConfig>();
  configs.Put("t", "x", config);
  EXPECT_EQ(configs.Find("t", "x"), config);
  EXPECT_EQ(configs.Find("u", "x"), nullptr);
  config = nullptr;
  EXPECT_EQ(configs.Find("t", "x"), nullptr);
  for (int i = 0; i < 1000; ++i) {
    configs.Put("t", std::to_string(i), std::make_shared<const config::FilterConfig>());
  }
  EXPECT_LT(configs.size(), 130U);
}

}  // namespace
}  // namespace sluice::compile
