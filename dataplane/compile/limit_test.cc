// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/limit.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dataplane/compile/text_proto.h"
#include "dataplane/filters/limit/config.h"

namespace sluice::compile {
namespace {

using filters::LimitKeyPart;
using filters::LimitPolicy;
using sluice::limits::v1::LimitPerRoute;

class CompileLimitsTest : public testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<const config::FilterConfig>> Compile(const std::string& text) {
    context_.Begin("route table", "t");
    return CompileLimits(FromText<LimitPerRoute>(text), context_);
  }
  const LimitPolicy& MustCompile(const std::string& text) {
    auto compiled = Compile(text);
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    if (!compiled.ok()) std::abort();
    kept_ = *std::move(compiled);
    return dynamic_cast<const LimitPolicy&>(*kept_);
  }
  static std::string WithRule(const std::string& rule) {
    return absl::StrCat(R"(policy: "p" rules { name: "r" requests: 5 window { seconds: 60 } )",
                        rule, "}");
  }
  std::string Refusal(const std::string& text) {
    return std::string(Compile(text).status().message());
  }

  CompileOptions options_;
  CompileContext context_{options_};
  std::shared_ptr<const config::FilterConfig> kept_;
};

TEST_F(CompileLimitsTest, UnsetFieldsMeanTheirDefaults) {
  const LimitPolicy& policy = MustCompile(WithRule("key { client_ip {} }"));
  EXPECT_EQ(policy.policy(), "p");
  EXPECT_FALSE(policy.shadow());
  EXPECT_FALSE(policy.omit_headers());
  ASSERT_EQ(policy.rules().size(), 1u);
  const filters::LimitRule& rule = policy.rules()[0];
  EXPECT_EQ(rule.limit.burst(), 5u);
  EXPECT_EQ(rule.limit.interval_ns(), 12'000'000'000);
  EXPECT_FALSE(rule.when.has_value());
  EXPECT_EQ(rule.policy_item, "\"r\";q=5;w=60");
  ASSERT_EQ(rule.key.size(), 1u);
  EXPECT_EQ(rule.key[0].ipv4_prefix, 32);
  EXPECT_EQ(rule.key[0].ipv6_prefix, 64);
}

TEST_F(CompileLimitsTest, AllIsTakenOver) {
  const LimitPolicy& policy = MustCompile(R"(
      policy: "RateLimitPolicy/shop/p" omit_headers: true shadow: true
      rules { name: "a" requests: 1 window { seconds: 1 nanos: 500000000 } burst: 3
              key { consumer {} } key { client_ip { ipv4_prefix: 24 ipv6_prefix: 48 } }
              key { header: "X-Tenant" } key { claim: "org.id" } key { route {} } }
      rules { name: "b" requests: 1 window { seconds: 1 } })");
  EXPECT_TRUE(policy.shadow());
  EXPECT_TRUE(policy.omit_headers());
  ASSERT_EQ(policy.rules().size(), 2u);
  const filters::LimitRule& rule = policy.rules()[0];
  EXPECT_EQ(rule.limit.burst(), 3u);
  EXPECT_EQ(rule.limit.interval_ns(), 1'500'000'000);
  ASSERT_EQ(rule.key.size(), 5u);
  EXPECT_EQ(rule.key[0].kind, LimitKeyPart::Kind::kConsumer);
  EXPECT_EQ(rule.key[1].ipv4_prefix, 24);
  EXPECT_EQ(rule.key[1].ipv6_prefix, 48);
  EXPECT_EQ(rule.key[2].name, "x-tenant");
  EXPECT_EQ(rule.key[3].name, "org.id");
  EXPECT_EQ(rule.key[4].kind, LimitKeyPart::Kind::kRoute);
}

TEST_F(CompileLimitsTest, AConditionIsCompiled) {
  const LimitPolicy& policy = MustCompile(WithRule(R"(when {
      permissions { url_path { path { prefix: "/api" } } } principals { any: true } })"));
  EXPECT_TRUE(policy.rules()[0].when.has_value());
}

TEST_F(CompileLimitsTest, WhatCannotBeCountedIsRefusedByName) {
  EXPECT_EQ(Refusal(R"(rules { name: "r" requests: 5 window { seconds: 60 } })"),
            "route table \"t\": policy: is empty");
  EXPECT_EQ(Refusal(R"(policy: "p" rules { name: "r" requests: 5 })"),
            "route table \"t\": rules[0].window: 0s must be 1s to 366 days");
  EXPECT_EQ(Refusal(R"(policy: "p" rules { name: "r" window { seconds: 1 } })"),
            "route table \"t\": rules: limit \"r\": units a window must be 1 to 1000000000, not 0");
  EXPECT_EQ(
      Refusal(R"(policy: "p" rules { requests: 5 window { seconds: 1 } })"),
      "route table \"t\": rules: limit \"\": its name must be 1 to 256 printable characters of "
      "ASCII");
  EXPECT_EQ(Refusal(absl::StrCat(WithRule(""), R"(rules { name: "r" requests: 6
                                                       window { seconds: 1 } })")),
            "route table \"t\": rules: limit \"r\": there are two of that name");
  EXPECT_EQ(
      Refusal(WithRule("burst: 1000000000")),
      "route table \"t\": rules: limit \"r\": a burst of 1000000000 takes more than nine years "
      "to come back at that rate");
}

TEST_F(CompileLimitsTest, KeysThatSayNothingAreRefused) {
  EXPECT_EQ(Refusal(WithRule("key {}")),
            "route table \"t\": rules[0].key[0]: says of no value what is counted apart");
  EXPECT_EQ(Refusal(WithRule("key { route {} } key { claim: \"\" }")),
            "route table \"t\": rules[0].key[1].claim: is empty");
  EXPECT_EQ(Refusal(WithRule("key { header: \"x y\" }")),
            "route table \"t\": rules[0].key[0].header: \"x y\" is no name of a header");
  EXPECT_EQ(Refusal(WithRule("key { client_ip { ipv4_prefix: 33 } }")),
            "route table \"t\": rules[0].key[0].client_ip.ipv4_prefix: 33 is more than 32");
  EXPECT_EQ(Refusal(WithRule("key { client_ip { ipv6_prefix: 129 } }")),
            "route table \"t\": rules[0].key[0].client_ip.ipv6_prefix: 129 is more than 128");
  std::string nine;
  for (int i = 0; i < 9; ++i) nine += "key { route {} }";
  EXPECT_EQ(Refusal(WithRule(nine)),
            "route table \"t\": rules: limit \"r\": its key has more than 8 parts");
}

// A condition that is not understood would count other requests than it says.
TEST_F(CompileLimitsTest, AConditionThatIsNotUnderstoodIsRefused) {
  EXPECT_FALSE(Compile(WithRule(R"(when { permissions { } principals { any: true } })")).ok());
}

}  // namespace
}  // namespace sluice::compile
