// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/limit/limit.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/condition/condition.h"
#include "dataplane/filters/chain/filter_host_fake.h"
#include "dataplane/filters/limit/config.h"
#include "dataplane/http/identity.h"

namespace sluice::filters {
namespace {

using Kind = LimitKeyPart::Kind;

constexpr int64_t kSecond = 1'000'000'000;

LimitRuleSettings Rule(std::string name, uint64_t requests, int64_t window_s,
                       std::vector<LimitKeyPart> key = {}) {
  return {.name = std::move(name),
          .requests = requests,
          .window_ns = window_s * kSecond,
          .burst = requests,
          .key = std::move(key)};
}

// Rules cannot be copied, and so not be listed in braces.
template <typename... Settings>
std::vector<LimitRuleSettings> Rules(Settings... settings) {
  std::vector<LimitRuleSettings> rules;
  (rules.push_back(std::move(settings)), ...);
  return rules;
}

LimitKeyPart Header(std::string name) {
  return {.kind = Kind::kHeader, .name = name, .header = http::FindHeaderId(name)};
}

condition::Condition PathIs(std::string path) {
  condition::Condition::Builder builder(condition::Leaning::kKeepsOut);
  EXPECT_TRUE(builder.Path({.value = std::move(path)}).ok());
  return builder.Build();
}

// One exchange after the other through one worker's filters.
class LimitTest : public testing::Test {
 protected:
  LimitTest() { Configure(Rules(Rule("r", 2, 10))); }

  void Configure(std::vector<LimitRuleSettings> rules, bool omit_headers = false,
                 bool shadow = false) {
    LimitPolicy::Settings settings{
        .policy = "RateLimitPolicy/shop/p", .omit_headers = omit_headers, .shadow = shadow};
    settings.rules = std::move(rules);
    policy_ = LimitPolicy::Make(std::move(settings)).value();
    host_.set_route_config(policy_.get());
  }

  // A request as it stands in host_, and the upstream's answer if it gets there.
  Verdict Ask() {
    Filter* filter = CreateLimit(host_, nullptr, host_.arena());
    if (filter == nullptr) return Verdict::kContinue;
    const Verdict verdict = filter->OnRequest(host_.request(), true);
    if (verdict == Verdict::kContinue) {
      host_.response()->headers.Clear();
      EXPECT_EQ(filter->OnResponse(*host_.response(), true), Verdict::kContinue);
    }
    filter->~Filter();
    return verdict;
  }
  bool Goes() { return Ask() == Verdict::kContinue; }

  std::string Answered(std::string_view name) {
    const http::HeaderMap::Field* field = host_.response()->headers.Find(name);
    return field == nullptr ? "none" : std::string(field->value);
  }
  std::string Refused(const std::string& name) {
    auto it = host_.reply()->headers.find(name);
    return it == host_.reply()->headers.end() ? "none" : it->second;
  }

  FakeFilterHost host_;
  std::shared_ptr<const LimitPolicy> policy_;
};

TEST_F(LimitTest, RouteWithoutLimitsHasNoFilter) {
  host_.set_route_config(nullptr);
  EXPECT_EQ(CreateLimit(host_, nullptr, host_.arena()), nullptr);
  Configure({});
  EXPECT_EQ(CreateLimit(host_, nullptr, host_.arena()), nullptr);
}

TEST_F(LimitTest, WhatIsTooMuchIsRefusedAndToldWhenToComeBack) {
  EXPECT_TRUE(Goes());
  EXPECT_TRUE(Goes());
  EXPECT_EQ(Ask(), Verdict::kReply);
  ASSERT_TRUE(host_.reply().has_value());
  EXPECT_EQ(host_.reply()->status, 429);
  EXPECT_EQ(host_.reply()->detail, "rate-limited:r");
  EXPECT_EQ(host_.reply()->message, "The limit \"r\" is used up. Try again in 5 s.");
  EXPECT_EQ(Refused("retry-after"), "5");
  EXPECT_EQ(Refused("ratelimit"), "\"r\";r=0;t=5");
  EXPECT_EQ(Refused("ratelimit-policy"), "\"r\";q=2;w=10");
  host_.set_now_ns(5 * kSecond);
  EXPECT_TRUE(Goes());
}

TEST_F(LimitTest, AnswersSayWhatIsLeft) {
  EXPECT_TRUE(Goes());
  EXPECT_EQ(Answered("ratelimit"), "\"r\";r=1;t=5");
  EXPECT_EQ(Answered("ratelimit-policy"), "\"r\";q=2;w=10");
  EXPECT_EQ(Answered("retry-after"), "none");
}

TEST_F(LimitTest, AnswersSayNothingWhereThatIsOmitted) {
  Configure(Rules(Rule("r", 1, 10)), /*omit_headers=*/true);
  EXPECT_TRUE(Goes());
  EXPECT_EQ(Answered("ratelimit"), "none");
  EXPECT_FALSE(Goes());
  EXPECT_EQ(Refused("ratelimit"), "none");
  EXPECT_EQ(Refused("ratelimit-policy"), "none");
  EXPECT_EQ(Refused("retry-after"), "10");
}

TEST_F(LimitTest, WhatTheUpstreamSaysOfItsLimitsStays) {
  Filter* filter = CreateLimit(host_, nullptr, host_.arena());
  EXPECT_EQ(filter->OnRequest(host_.request(), true), Verdict::kContinue);
  host_.response()->headers.Add("ratelimit", "\"theirs\";r=7");
  filter->OnResponse(*host_.response(), true);
  EXPECT_EQ(host_.response()->headers.Count("ratelimit"), 2u);
  filter->~Filter();
}

TEST_F(LimitTest, InShadowItGoesOnAndIsNoted) {
  Configure(Rules(Rule("r", 1, 10)), /*omit_headers=*/false, /*shadow=*/true);
  EXPECT_TRUE(Goes());
  EXPECT_EQ(Answered("ratelimit"), "none");
  EXPECT_TRUE(Goes());
  EXPECT_FALSE(host_.reply().has_value());
  EXPECT_EQ(host_.worker().count("RateLimitPolicy/shop/p allowed within-limits"), 1);
  EXPECT_EQ(host_.worker().count("RateLimitPolicy/shop/p would-deny rate-limited"), 1);
}

TEST_F(LimitTest, DecisionsAreNoted) {
  EXPECT_TRUE(Goes());
  EXPECT_TRUE(Goes());
  EXPECT_FALSE(Goes());
  EXPECT_EQ(host_.worker().count("RateLimitPolicy/shop/p allowed within-limits"), 2);
  EXPECT_EQ(host_.worker().count("RateLimitPolicy/shop/p denied rate-limited"), 1);
  const http::PolicyDecision* last = host_.info().decisions;
  ASSERT_NE(last, nullptr);
  while (last->next != nullptr) last = last->next;
  EXPECT_EQ(last->rule, "r");
  EXPECT_EQ(last->outcome, http::PolicyOutcome::kDenied);
}

TEST_F(LimitTest, AllRulesMustLetItThroughAndElseNoneCountsIt) {
  Configure(Rules(Rule("many", 100, 10), Rule("few", 1, 60)));
  EXPECT_TRUE(Goes());
  EXPECT_EQ(Answered("ratelimit"), "\"many\";r=99;t=1, \"few\";r=0;t=60");
  EXPECT_EQ(Answered("ratelimit-policy"), "\"many\";q=100;w=10, \"few\";q=1;w=60");
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(Goes());
    EXPECT_EQ(host_.reply()->detail, "rate-limited:few");
    EXPECT_EQ(Refused("ratelimit"), "\"many\";r=99;t=1, \"few\";r=0;t=60");
  }
}

TEST_F(LimitTest, TheRuleThatMustBeWaitedForLongestIsNamed) {
  Configure(Rules(Rule("second", 1, 1), Rule("minute", 1, 60)));
  EXPECT_TRUE(Goes());
  EXPECT_FALSE(Goes());
  EXPECT_EQ(host_.reply()->detail, "rate-limited:minute");
  EXPECT_EQ(Refused("retry-after"), "60");
}

TEST_F(LimitTest, ARuleCountsOnlyWhatItsConditionTakes) {
  LimitRuleSettings rule = Rule("r", 1, 10);
  rule.when = PathIs("/api");
  Configure(Rules(std::move(rule), Rule("all", 5, 10)));
  EXPECT_TRUE(Goes());
  EXPECT_EQ(Answered("ratelimit-policy"), "\"all\";q=5;w=10");
  EXPECT_EQ(Answered("ratelimit"), "\"all\";r=4;t=2");
  host_.request().path = "/api";
  EXPECT_TRUE(Goes());
  EXPECT_FALSE(Goes());
  host_.request().path = "/";
  EXPECT_TRUE(Goes());
}

TEST_F(LimitTest, WhatNoRuleCountsIsNoDecision) {
  LimitRuleSettings rule = Rule("r", 1, 10);
  rule.when = PathIs("/api");
  Configure(Rules(std::move(rule)));
  EXPECT_TRUE(Goes());
  EXPECT_EQ(Answered("ratelimit"), "none");
  EXPECT_EQ(host_.info().decisions, nullptr);
}

TEST_F(LimitTest, CountsGoOnOverAnUpdate) {
  EXPECT_TRUE(Goes());
  Configure(Rules(Rule("r", 2, 10)));  // The same, made anew.
  EXPECT_TRUE(Goes());
  EXPECT_FALSE(Goes());
  Configure(Rules(Rule("r", 3, 10)));
  EXPECT_TRUE(Goes());
}

TEST_F(LimitTest, ShadowAndEnforcedShareTheirCounts) {
  Configure(Rules(Rule("r", 2, 10)), false, /*shadow=*/true);
  EXPECT_TRUE(Goes());
  EXPECT_TRUE(Goes());
  Configure(Rules(Rule("r", 2, 10)));
  EXPECT_FALSE(Goes());
}

// RL-01: what a client varies does not open a new count.
TEST_F(LimitTest, Rl01AKeyVariedIsOneCount) {
  Configure(Rules(Rule("r", 2, 10, {{.kind = Kind::kClientIp}})));
  host_.info().client_address = "192.0.2.1";
  EXPECT_TRUE(Goes());
  host_.info().client_address = "::ffff:192.0.2.1";
  EXPECT_TRUE(Goes());
  EXPECT_FALSE(Goes());
  // Forwarded-for lines are intake's to judge: the filter goes by what it believes.
  host_.request().headers.Add("x-forwarded-for", "198.51.100.7");
  EXPECT_FALSE(Goes());
}

TEST_F(LimitTest, Rl01ASecondHeaderOpensOneCountForAll) {
  Configure(Rules(Rule("r", 1, 10, {Header("x-key")})));
  host_.request().headers.Add("x-key", "a");
  EXPECT_TRUE(Goes());
  EXPECT_FALSE(Goes());
  int went = 0;
  for (int i = 0; i < 50; ++i) {
    host_.request().headers.Clear();
    host_.request().headers.Add("x-key", "a");
    host_.request().headers.Add("x-key", host_.arena().Copy(absl::StrCat(i)));
    went += Goes() ? 1 : 0;
  }
  EXPECT_EQ(went, 1);
}

// RL-02: requests without the value share one count.
TEST_F(LimitTest, Rl02AMissingValueHasOneCount) {
  Configure(Rules(Rule("r", 2, 10, {Header("x-key")})));
  EXPECT_TRUE(Goes());
  EXPECT_TRUE(Goes());
  EXPECT_FALSE(Goes());
  host_.request().headers.Add("x-key", "a");
  EXPECT_TRUE(Goes());
}

// RL-02: a million keys leave one that is refused where it is. The fake's table has 4,096.
TEST_F(LimitTest, Rl02ManyKeysDoNotFreeOneThatIsRefused) {
  Configure(Rules(Rule("r", 2, 1000, {Header("x-key")})));
  const auto ask = [&](std::string_view key) {
    host_.request().headers.Set("x-key", key);
    host_.info().decisions = nullptr;  // Each is a request of its own.
    return Goes();
  };
  EXPECT_TRUE(ask("attacker"));
  EXPECT_TRUE(ask("attacker"));
  EXPECT_FALSE(ask("attacker"));
  for (int i = 0; i < 100'000; ++i) {
    EXPECT_TRUE(ask(host_.arena().Copy(absl::StrCat(i))));
  }
  EXPECT_FALSE(ask("attacker"));
}

// RL-04: each request is counted once, when its head comes; what comes of it does not matter.
TEST_F(LimitTest, Rl04ARequestIsCountedOnceWhateverComesOfIt) {
  for (int i = 0; i < 2; ++i) {
    Filter* filter = CreateLimit(host_, nullptr, host_.arena());
    EXPECT_EQ(filter->OnRequest(host_.request(), false), Verdict::kContinue);
    filter->~Filter();  // Reset before an answer.
  }
  EXPECT_FALSE(Goes());
  EXPECT_EQ(host_.reply()->status, 429);
  EXPECT_EQ(Refused("retry-after"), "5");
}

}  // namespace
}  // namespace sluice::filters
