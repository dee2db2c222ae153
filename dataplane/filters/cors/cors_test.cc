// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/cors/cors.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "dataplane/filters/chain/filter_host_fake.h"
#include "dataplane/filters/cors/config.h"

namespace sluice::filters {
namespace {

using Kind = config::StringMatch::Kind;

config::StringMatch Origin(Kind kind, std::string value) {
  return {.kind = kind, .value = std::move(value)};
}

CorsSettings Settings() {
  return {.allow_origins = {Origin(Kind::kExact, "https://app.example")},
          .allow_methods = "GET, PUT",
          .allow_headers = "x-a",
          .expose_headers = "x-b",
          .max_age = "600"};
}

class CorsTest : public testing::Test {
 protected:
  ~CorsTest() override {
    if (filter_ != nullptr) filter_->~Filter();
  }

  void Start(CorsSettings settings) {
    policy_ = CorsPolicy::Make(std::move(settings)).value();
    host_.set_route_config(policy_.get());
    filter_ = CreateCors(host_, nullptr, host_.arena());
    ASSERT_NE(filter_, nullptr);
  }

  Verdict Preflight(std::string_view origin, std::string_view method = "PUT") {
    host_.request().method = "OPTIONS";
    host_.request().headers.Add("origin", origin);
    host_.request().headers.Add("access-control-request-method", method);
    return filter_->OnRequest(host_.request(), true);
  }

  http::HeaderMap& Respond(std::string_view origin) {
    host_.request().headers.Add("origin", origin);
    EXPECT_EQ(filter_->OnRequest(host_.request(), true), Verdict::kContinue);
    EXPECT_EQ(filter_->OnResponse(*host_.response(), true), Verdict::kContinue);
    return host_.response()->headers;
  }

  std::string Answered(const std::string& name) {
    auto it = host_.reply()->headers.find(name);
    return it == host_.reply()->headers.end() ? "none" : it->second;
  }

  FakeFilterHost host_;
  std::shared_ptr<const CorsPolicy> policy_;
  Filter* filter_ = nullptr;
};

TEST_F(CorsTest, RouteWithoutPolicyHasNoFilter) {
  EXPECT_EQ(CreateCors(host_, nullptr, host_.arena()), nullptr);
}

TEST_F(CorsTest, PreflightOfAnAllowedOriginIsAnswered) {
  Start(Settings());
  EXPECT_EQ(Preflight("https://app.example"), Verdict::kReply);
  ASSERT_TRUE(host_.reply().has_value());
  EXPECT_EQ(host_.reply()->status, 200);
  EXPECT_EQ(host_.reply()->body, "");
  EXPECT_EQ(Answered("access-control-allow-origin"), "https://app.example");
  EXPECT_EQ(Answered("access-control-allow-methods"), "GET, PUT");
  EXPECT_EQ(Answered("access-control-allow-headers"), "x-a");
  EXPECT_EQ(Answered("access-control-max-age"), "600");
  EXPECT_EQ(Answered("access-control-allow-credentials"), "none");
  EXPECT_EQ(Answered("access-control-expose-headers"), "none");
  EXPECT_EQ(Answered("vary"), "origin");
}

TEST_F(CorsTest, PreflightOfAnotherOriginGoesOnAsAPlainRequest) {
  Start(Settings());
  EXPECT_EQ(Preflight("https://evil.example"), Verdict::kContinue);
  EXPECT_FALSE(host_.reply().has_value());
}

TEST_F(CorsTest, PreflightOfAnotherOriginGetsNoPermissionWhereItMayNotGoOn) {
  CorsSettings settings = Settings();
  settings.forward_other_preflights = false;
  Start(settings);
  EXPECT_EQ(Preflight("https://evil.example"), Verdict::kReply);
  EXPECT_EQ(Answered("access-control-allow-origin"), "none");
  EXPECT_EQ(Answered("access-control-allow-methods"), "none");
}

TEST_F(CorsTest, OptionsWithoutARequestedMethodIsNoPreflight) {
  Start(Settings());
  host_.request().method = "OPTIONS";
  host_.request().headers.Add("origin", "https://app.example");
  EXPECT_EQ(filter_->OnRequest(host_.request(), true), Verdict::kContinue);
}

TEST_F(CorsTest, ResponseToAnAllowedOriginIsPermitted) {
  Start(Settings());
  host_.response()->headers.Add("access-control-allow-origin", "*");
  const http::HeaderMap& headers = Respond("https://app.example");
  EXPECT_EQ(headers.Count("access-control-allow-origin"), 1u);
  EXPECT_EQ(headers.Find("access-control-allow-origin")->value, "https://app.example");
  EXPECT_EQ(headers.Find("access-control-expose-headers")->value, "x-b");
  EXPECT_EQ(headers.Find("vary")->value, "origin");
}

// A shared cache must not give it to a page that has the permission (Fetch, "CORS protocol and HTTP
// caches").
TEST_F(CorsTest, ResponseToAnotherOriginOnlySaysThatItVaries) {
  Start(Settings());
  const http::HeaderMap& headers = Respond("https://evil.example");
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers.Find("vary")->value, "origin");
}

TEST_F(CorsTest, RequestOfTwoOriginsIsNotPermitted) {
  Start(Settings());
  host_.request().headers.Add("origin", "https://app.example");
  EXPECT_EQ(Respond("https://evil.example").Find("access-control-allow-origin"), nullptr);
}

TEST_F(CorsTest, CredentialsAreAllowedWhereThePolicySaysSo) {
  CorsSettings settings = Settings();
  settings.allow_credentials = true;
  settings.allow_methods = "*";
  settings.allow_headers = "*";
  Start(settings);
  host_.request().headers.Add("access-control-request-headers", "x-asked");
  EXPECT_EQ(Preflight("https://app.example", "PATCH"), Verdict::kReply);
  EXPECT_EQ(Answered("access-control-allow-credentials"), "true");
  EXPECT_EQ(Answered("access-control-allow-methods"), "PATCH");
  EXPECT_EQ(Answered("access-control-allow-headers"), "x-asked");
}

TEST_F(CorsTest, WildcardListsStayWithoutCredentials) {
  CorsSettings settings = Settings();
  settings.allow_methods = "*";
  Start(settings);
  Preflight("https://app.example", "PATCH");
  EXPECT_EQ(Answered("access-control-allow-methods"), "*");
}

TEST_F(CorsTest, PrivateNetworkIsAllowedOnlyIfAskedFor) {
  CorsSettings settings = Settings();
  settings.allow_private_network = true;
  Start(settings);
  host_.request().headers.Add("access-control-request-private-network", "true");
  Preflight("https://app.example");
  EXPECT_EQ(Answered("access-control-allow-private-network"), "true");
}

TEST(CorsPolicyTest, OriginsAreMatchedAsAsked) {
  const auto allows = [](config::StringMatch match, std::string_view origin) {
    return CorsPolicy::Make({.allow_origins = {std::move(match)}}).value()->Allows(origin);
  };
  EXPECT_TRUE(allows(Origin(Kind::kExact, "*"), "https://any.example"));
  EXPECT_TRUE(allows(Origin(Kind::kPrefix, "https://a"), "https://a.example"));
  EXPECT_FALSE(allows(Origin(Kind::kPrefix, "https://a"), "http://a.example"));
  EXPECT_TRUE(allows(Origin(Kind::kSuffix, ".example"), "https://a.example"));
  EXPECT_TRUE(allows(Origin(Kind::kContains, "a.ex"), "https://a.example"));
  EXPECT_TRUE(allows(Origin(Kind::kRegex, "https://[a-z]+\\.example"), "https://a.example"));
  EXPECT_FALSE(allows(Origin(Kind::kRegex, "https://[a-z]+\\.example"), "https://a.example.evil"));
  EXPECT_TRUE(allows(Origin(Kind::kRegex, ".*"), "https://any.example"));
}

TEST(CorsPolicyTest, BadRegexIsNamed) {
  EXPECT_EQ(CorsPolicy::Make({.allow_origins = {Origin(Kind::kRegex, "(")}}).status().message(),
            "origin regex \"(\" is not valid: missing ): (");
}

}  // namespace
}  // namespace sluice::filters
