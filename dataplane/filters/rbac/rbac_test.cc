// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/rbac/rbac.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "dataplane/filters/chain/filter_host_fake.h"
#include "dataplane/filters/rbac/config.h"

namespace sluice::filters {
namespace {

using condition::Condition;
using condition::Leaning;

RbacRules::Rule PathRule(std::string name, std::string path, bool lets_in) {
  Condition::Builder builder(lets_in ? Leaning::kLetsIn : Leaning::kKeepsOut);
  EXPECT_TRUE(builder.Path({.value = std::move(path)}).ok());
  return {std::move(name), builder.Build()};
}

RbacRules Rules(bool lets_in, std::vector<std::pair<std::string, std::string>> paths) {
  RbacRules rules{.lets_in = lets_in, .policy = "AuthPolicy/shop/p"};
  for (auto& [name, path] : paths) rules.rules.push_back(PathRule(name, path, lets_in));
  return rules;
}

class RbacTest : public testing::Test {
 protected:
  // The verdict on a request for `path`; kContinue without a filter.
  Verdict Ask(std::optional<RbacRules> rules, std::optional<RbacRules> shadow = {}) {
    config_ = std::make_shared<const RbacConfig>(std::move(rules), std::move(shadow));
    host_.set_route_config(config_.get());
    Filter* filter = CreateRbac(host_, nullptr, host_.arena());
    made_ = filter != nullptr;
    if (filter == nullptr) return Verdict::kContinue;
    const Verdict verdict = filter->OnRequest(host_.request(), true);
    filter->~Filter();
    return verdict;
  }

  FakeFilterHost host_;
  std::shared_ptr<const RbacConfig> config_;
  bool made_ = false;
};

TEST_F(RbacTest, WithoutRulesThereIsNoFilter) {
  EXPECT_EQ(Ask({}), Verdict::kContinue);
  EXPECT_FALSE(made_);
  host_.set_route_config(nullptr);
  EXPECT_EQ(CreateRbac(host_, nullptr, host_.arena()), nullptr);
}

TEST_F(RbacTest, ARuleThatKeepsOutRefusesWhatItTakes) {
  host_.request().path = "/admin";
  EXPECT_EQ(Ask(Rules(false, {{"no-admin", "/admin"}})), Verdict::kReply);
  EXPECT_EQ(host_.reply()->status, 403);
  EXPECT_EQ(host_.reply()->detail, "rbac-denied:no-admin");
  EXPECT_EQ(host_.reply()->message, "The rule \"no-admin\" does not allow this request.");
  EXPECT_EQ(host_.worker().count("AuthPolicy/shop/p denied rbac-denied"), 1);
}

TEST_F(RbacTest, WhatNoRuleKeepsOutGoesOn) {
  EXPECT_EQ(Ask(Rules(false, {{"no-admin", "/admin"}})), Verdict::kContinue);
  EXPECT_EQ(Ask(Rules(false, {})), Verdict::kContinue);
}

TEST_F(RbacTest, WhatNoRuleLetsInIsRefused) {
  EXPECT_EQ(Ask(Rules(true, {{"a", "/a"}})), Verdict::kReply);
  EXPECT_EQ(host_.reply()->status, 403);
  EXPECT_EQ(host_.reply()->detail, "rbac-no-allow-rule");
}

// PN-06: "no match" never means allowed, and neither do rules of which there are none.
TEST_F(RbacTest, Pn06NoRulesLetNobodyIn) {
  EXPECT_EQ(Ask(Rules(true, {})), Verdict::kReply);
  EXPECT_EQ(host_.reply()->detail, "rbac-no-allow-rule");
}

TEST_F(RbacTest, TheFirstRuleByNameDecides) {
  host_.request().path = "/a";
  EXPECT_EQ(Ask(Rules(true, {{"one", "/a"}, {"two", "/a"}})), Verdict::kContinue);
  ASSERT_NE(host_.info().decisions, nullptr);
  EXPECT_EQ(host_.info().decisions->rule, "one");
  EXPECT_EQ(host_.info().decisions->policy, "AuthPolicy/shop/p");
  EXPECT_EQ(host_.info().decisions->outcome, http::PolicyOutcome::kAllowed);
}

TEST_F(RbacTest, ShadowRulesOnlyCount) {
  EXPECT_EQ(Ask({}, Rules(true, {{"a", "/a"}})), Verdict::kContinue);
  EXPECT_FALSE(host_.reply().has_value());
  ASSERT_NE(host_.info().decisions, nullptr);
  EXPECT_EQ(host_.info().decisions->outcome, http::PolicyOutcome::kWouldDeny);
  EXPECT_EQ(host_.worker().count("AuthPolicy/shop/p would-deny rbac-no-allow-rule"), 1);
}

TEST_F(RbacTest, ShadowRulesDoNotWeakenThoseEnforced) {
  host_.request().path = "/admin";
  EXPECT_EQ(Ask(Rules(false, {{"no-admin", "/admin"}}), Rules(true, {{"a", "/admin"}})),
            Verdict::kReply);
  ASSERT_NE(host_.info().decisions, nullptr);
  ASSERT_NE(host_.info().decisions->next, nullptr);
  EXPECT_EQ(host_.info().decisions->outcome, http::PolicyOutcome::kAllowed);
  EXPECT_EQ(host_.info().decisions->next->outcome, http::PolicyOutcome::kDenied);
}

TEST_F(RbacTest, TheRoutesRulesStandInThePlaceOfTheChains) {
  const auto chain =
      std::make_shared<const RbacConfig>(Rules(true, {}), std::optional<RbacRules>());
  const auto route =
      std::make_shared<const RbacConfig>(std::optional<RbacRules>(), std::optional<RbacRules>());
  Filter* filter = CreateRbac(host_, chain.get(), host_.arena());
  ASSERT_NE(filter, nullptr);
  EXPECT_EQ(filter->OnRequest(host_.request(), true), Verdict::kReply);
  filter->~Filter();
  host_.set_route_config(route.get());
  EXPECT_EQ(CreateRbac(host_, chain.get(), host_.arena()), nullptr);
}

}  // namespace
}  // namespace sluice::filters
