// SPDX-License-Identifier: Apache-2.0
//
// Aim: a compiled condition says what Envoy's messages say. Method: random policies and random
// requests, judged by a naive evaluator of the messages, written after their documentation, and by
// the compiled condition. Besides, what is not understood is refused.
#include "dataplane/compile/condition.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "dataplane/compile/condition_dice.h"
#include "dataplane/compile/condition_reference.h"
#include "dataplane/compile/text_proto.h"
#include "dataplane/http/claims.h"

namespace sluice::compile {
namespace {

using condition::Condition;
using condition::Leaning;
using envoy::config::rbac::v3::Policy;

bool Compiled(const Condition& condition, const ConditionRequest& request) {
  base::Arena arena;
  http::RequestHead head(arena);
  head.method = request.method;
  head.path = request.path;
  for (const auto& [name, value] : request.headers) head.headers.Add(name, value);
  http::DownstreamInfo downstream;
  downstream.remote_ip = request.peer_ip;
  downstream.local_port = request.port;
  downstream.sni = request.sni;
  downstream.peer_verified = request.verified;
  downstream.peer_subject = request.subject;
  downstream.peer_uris = request.uris;
  downstream.peer_dns_names = request.dns_names;
  http::StreamInfo info;
  info.downstream = &downstream;
  info.client_address = request.client_ip;
  http::Claims::Builder builder;
  const std::vector<std::string_view> role = {request.role};
  const std::vector<std::string_view> roles(request.roles.begin(), request.roles.end());
  if (!request.role.empty()) builder.Add("role", 1, http::ClaimKind::kString, role);
  if (!request.roles.empty()) builder.Add("roles", 1, http::ClaimKind::kList, roles);
  const http::Claims claims = builder.Build();
  const std::vector<std::string_view> groups(request.groups.begin(), request.groups.end());
  const http::Identity identity{.consumer = request.consumer, .groups = groups, .claims = &claims};
  if (request.identified) info.identity = &identity;
  return condition.Matches(head, info);
}

absl::StatusOr<Condition> CompileOne(const Policy& policy, Leaning leaning) {
  const CompileOptions options;
  CompileContext context(options);
  context.Begin("rule", "r");
  return CompileCondition(policy, leaning, context);
}

TEST(ConditionPropertyTest, AgreesWithANaiveEvaluator) {
  ConditionDice dice(20261124);
  int held = 0, judged = 0;
  for (int i = 0; i < 4000; ++i) {
    const Policy policy = dice.PolicyTest();
    const bool lets_in = dice.Flip();
    const auto condition = CompileOne(policy, lets_in ? Leaning::kLetsIn : Leaning::kKeepsOut);
    ASSERT_TRUE(condition.ok()) << condition.status() << "\n" << policy.DebugString();
    for (int j = 0; j < 25; ++j) {
      const ConditionRequest request = dice.MakeRequest();
      const bool wanted = ReferenceHolds(policy, request, lets_in);
      ASSERT_EQ(Compiled(*condition, request), wanted)
          << policy.DebugString() << request.method << " " << request.path;
      held += wanted;
      ++judged;
    }
  }
  // Else the test says little.
  EXPECT_GT(held, judged / 5);
  EXPECT_LT(held, judged * 4 / 5);
}

// ---- Refusals -----------------------------------------------------------------------------------

std::string ErrorOf(const std::string& text) {
  return std::string(CompileOne(FromText<Policy>(text), Leaning::kLetsIn).status().message());
}

TEST(ConditionTest, WhatIsNotUnderstoodIsRefused) {
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { filter_state {} }"),
            "rule \"r\": principals[0]: asks for nothing that is known here");
  EXPECT_EQ(ErrorOf("permissions {} principals { any: true }"),
            "rule \"r\": permissions[0]: asks for nothing that is known here");
  EXPECT_EQ(ErrorOf("permissions { any: true }"),
            "rule \"r\": principals: is empty: wants one or more");
  EXPECT_EQ(ErrorOf("permissions { any: false } principals { any: true }"),
            "rule \"r\": permissions[0].any: false asks for nothing: wants true");
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { and_ids {} }"),
            "rule \"r\": principals[0].and_ids.ids: is empty: wants one or more");
}

TEST(ConditionTest, AnErrorNamesItsPlace) {
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { not_id { remote_ip { "
                    "address_prefix: '10.0.0' prefix_len { value: 8 } } } }"),
            "rule \"r\": principals[0].not_id.remote_ip: \"10.0.0/8\" is no network");
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { metadata { filter: 'sluice.identify' "
                    "path { key: 'consumer' } value { present_match: true } } }"),
            "rule \"r\": principals[0].metadata: namespace of metadata \"sluice.identify\" is not "
            "known; did you mean \"sluice.identity\"?");
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { metadata { filter: 'sluice.identity' "
                    "path { key: 'user' } value { present_match: true } } }"),
            "rule \"r\": principals[0].metadata.path: \"user\" is none of consumer, groups, "
            "method, issuer, subject, scopes, and claims with the name of a claim");
}

}  // namespace
}  // namespace sluice::compile
