// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "api/manifest/manifest.h"
#include "api/manifest/writer.h"
#include "controlplane/status/board.h"
#include "controlplane/status/compose.h"
#include "controlplane/status/condition_times.h"
#include "controlplane/status/liveness.h"
#include "controlplane/status/verdict_problems.h"
#include "controlplane/xdsserver/resource_set.h"
#include "gateway/v1/http_route.pb.h"
#include "gtest/gtest.h"
#include "sluice/v1alpha1/consumer.pb.h"

namespace sluice::status {
namespace {

using xdsserver::ProxyState;
using xdsserver::ResourceSet;

constexpr char kRoute[] =
    "apiVersion: gateway.networking.k8s.io/v1\n"
    "kind: HTTPRoute\n"
    "metadata: {name: cart, namespace: shop, generation: 4}\n"
    "spec:\n"
    "  parentRefs:\n"
    "  - name: edge\n"
    "  - name: gone\n";

manifest::Object Route() { return manifest::ParseManifests(kRoute, "cart.yaml", {}).objects.at(0); }

resolve::Verdict OneGoodOneBad() {
  resolve::Verdict verdict;
  resolve::ParentVerdict good;
  good.parent = {"Gateway", "shop", "edge"};
  good.conditions = {resolve::True("Accepted", "Accepted")};
  resolve::ParentVerdict bad;
  bad.parent = {"Gateway", "shop", "gone"};
  bad.index = 1;
  bad.conditions = {resolve::False("Accepted", "NoMatchingParent", "Gateway shop/gone is missing")};
  verdict.parents = {good, bad};
  return verdict;
}

xdsserver::ProxyStatus Proxy(const std::string& node, uint64_t sequence) {
  xdsserver::ProxyStatus status;
  status.node_id = node;
  status.group = "shop/edge";
  status.state = ProxyState::kLive;
  status.sequence = sequence;
  return status;
}

TEST(VerdictProblemsTest, PointsAtTheReferenceAndItsLine) {
  std::vector<manifest::Problem> problems;
  AppendProblems(Route(), OneGoodOneBad(), &problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].ToString(),
            "cart.yaml:7: HTTPRoute shop/cart: spec.parentRefs[1]: NoMatchingParent: Gateway "
            "shop/gone is missing");
}

class LivenessTest : public ::testing::Test {
 protected:
  LivenessTest() {
    cache_.Set("shop/edge", ResourceSet::Builder().Put("t", "n", "1").Build());
    cache_.Set("shop/other", ResourceSet::Builder().Put("t", "n", "1").Build());
    cache_.Set("shop/edge", ResourceSet::Builder().Put("t", "n", "2").Build());
  }
  xdsserver::SnapshotCache cache_{absl::Now};
};

TEST_F(LivenessTest, CountsWhoHasTheSnapshotAndNamesWhoHasNot) {
  const Liveness liveness({Proxy("a", 3), Proxy("b", 1)}, cache_.List());
  EXPECT_EQ(liveness.Count("shop/edge", 3).ToString(), "Live 1/2; b has not answered yet");
  EXPECT_EQ(liveness.Count("shop/edge", 1).ToString(), "Live 2/2");
  EXPECT_EQ(liveness.Count("shop/none", 1).connected, 0);
}

TEST_F(LivenessTest, ASequenceOfAnotherGatewayAsksForNoMoreThanTheCurrentSnapshot) {
  const Liveness liveness({Proxy("a", 3)}, cache_.List());
  EXPECT_EQ(liveness.Count("shop/edge", 99).ToString(), "Live 1/1");
}

TEST_F(LivenessTest, ARefusalIsNotLive) {
  xdsserver::ProxyStatus refusing = Proxy("a", 3);
  refusing.state = ProxyState::kRefused;
  refusing.types.push_back({.type_url = "t", .refusal = xdsserver::Refusal{.error = "bad regex"}});
  const Liveness liveness({refusing}, cache_.List());
  EXPECT_EQ(liveness.Count("shop/edge", 3).ToString(), "Live 0/1; a refused: bad regex");
}

TEST_F(LivenessTest, TheStatusOfARouteSaysPerParentWhoServesIt) {
  const BoardEntry entry{OneGoodOneBad(), absl::FromUnixSeconds(1'700'000'000), 3, {}};
  const Liveness liveness({Proxy("a", 3), Proxy("b", 1)}, cache_.List());
  const manifest::Object route = Route();
  gateway::v1::HTTPRoute body;
  body.CopyFrom(*route.body);
  ComposeStatus(route.key, entry, &liveness, &body);
  ASSERT_EQ(body.status().parents_size(), 2);
  const auto& good = body.status().parents(0);
  EXPECT_EQ(good.parent_ref().name(), "edge");
  ASSERT_EQ(good.conditions_size(), 2);
  EXPECT_EQ(good.conditions(0).observed_generation(), 4);
  EXPECT_EQ(good.conditions(1).type(), kLiveCondition);
  EXPECT_EQ(good.conditions(1).status(), "False");
  EXPECT_EQ(good.conditions(1).message(), "Live 1/2; b has not answered yet");
  // What a parent has not accepted is served by nobody.
  EXPECT_EQ(body.status().parents(1).conditions_size(), 1);
}

TEST(ComposeTest, AConsumerHasConditionsOfItsOwn) {
  BoardEntry entry;
  entry.since = absl::FromUnixSeconds(1'700'000'000);
  entry.verdict.conditions = {
      resolve::True("Accepted", "Accepted"),
      resolve::True("Conflicted", "CredentialConflict", "API key k is b's")};
  v1alpha1::Consumer body;
  body.mutable_metadata()->set_generation(2);
  ComposeStatus({"Consumer", "shop", "a"}, entry, nullptr, &body);
  ASSERT_EQ(body.status().conditions_size(), 2);
  EXPECT_EQ(body.status().conditions(1).reason(), "CredentialConflict");
  EXPECT_EQ(body.status().conditions(1).observed_generation(), 2);
}

TEST(BoardTest, AVerdictThatStaysTheSameKeepsItsTime) {
  Board board;
  const manifest::ObjectKey key{"HTTPRoute", "shop", "cart"};
  const absl::Time then = absl::FromUnixSeconds(1);
  board.Publish({.revision = 1,
                 .sequence = 1,
                 .changed = {key},
                 .verdicts = {{key, OneGoodOneBad()}},
                 .at = then});
  board.Publish({.revision = 2,
                 .sequence = 5,
                 .changed = {key},
                 .verdicts = {{key, OneGoodOneBad()}},
                 .at = absl::FromUnixSeconds(9)});
  EXPECT_EQ(board.Find(key)->since, then);
  EXPECT_EQ(board.Find(key)->sequence, 5u);
  EXPECT_EQ(board.revision(), 2);
  board.Publish({.revision = 3, .removed = {key}});
  EXPECT_FALSE(board.Find(key).has_value());
}

const k8s::Condition& AcceptedOf(const gateway::v1::HTTPRoute& route, int parent) {
  return route.status().parents(parent).conditions(0);
}

gateway::v1::HTTPRoute Composed(const Board& board, const manifest::ObjectKey& key) {
  gateway::v1::HTTPRoute body;
  body.CopyFrom(*Route().body);
  ComposeStatus(key, *board.Find(key), nullptr, &body);
  return body;
}

// The second parent goes from refused to accepted; the first one only gets another message.
TEST(ConditionTimesTest, AConditionsTimeIsThatOfItsStatusAlone) {
  Board board;
  const manifest::ObjectKey key{"HTTPRoute", "shop", "cart"};
  board.Publish(
      {.revision = 1, .verdicts = {{key, OneGoodOneBad()}}, .at = absl::FromUnixSeconds(1)});
  resolve::Verdict next = OneGoodOneBad();
  next.parents[0].conditions[0].message = "in other words";
  next.parents[1].conditions[0] = resolve::True("Accepted", "Accepted");
  const auto news =
      board.Publish({.revision = 2, .verdicts = {{key, next}}, .at = absl::FromUnixSeconds(9)});
  EXPECT_EQ(news, std::vector<manifest::ObjectKey>{key});
  const gateway::v1::HTTPRoute body = Composed(board, key);
  EXPECT_EQ(AcceptedOf(body, 0).message(), "in other words");
  EXPECT_EQ(AcceptedOf(body, 0).last_transition_time().seconds(), 1);
  EXPECT_EQ(AcceptedOf(body, 1).last_transition_time().seconds(), 9);
}

TEST(ConditionTimesTest, WhatWasWrittenIsRecalled) {
  const manifest::ObjectKey key{"HTTPRoute", "shop", "cart"};
  std::string written;
  {
    Board board;
    board.Publish(
        {.revision = 1, .verdicts = {{key, OneGoodOneBad()}}, .at = absl::FromUnixSeconds(1)});
    written = manifest::MessageToJson(Composed(board, key).status());
  }
  Board board;
  board.Recall({{key, ConditionTimes::FromStatusJson(written)}});
  const auto news = board.Publish(
      {.revision = 1, .verdicts = {{key, OneGoodOneBad()}}, .at = absl::FromUnixSeconds(5)});
  EXPECT_TRUE(news.empty()) << "it is written so already";
  const gateway::v1::HTTPRoute body = Composed(board, key);
  EXPECT_EQ(AcceptedOf(body, 0).last_transition_time().seconds(), 1);
  EXPECT_EQ(AcceptedOf(body, 1).last_transition_time().seconds(), 1);
}

TEST(ConditionTimesTest, WhatCannotBeReadIsNothing) {
  const ConditionTimes none;
  for (const char* json :
       {"", "{", "[]", "7", R"({"conditions":7})", R"({"conditions":[7,{"type":"A"}]})",
        R"({"parents":[{"parentRef":7,"conditions":[]}],"listeners":[7]})"}) {
    EXPECT_EQ(ConditionTimes::FromStatusJson(json), none) << json;
  }
}

TEST(BoardTest, AwaitsARevision) {
  Board board;
  EXPECT_FALSE(board.AwaitRevision(0, absl::ZeroDuration())) << "nothing has been read yet";
  board.Publish({.revision = 0});
  EXPECT_TRUE(board.AwaitRevision(0, absl::ZeroDuration()));
  EXPECT_FALSE(board.AwaitRevision(1, absl::ZeroDuration()));
  board.Publish({.revision = 1});
  EXPECT_TRUE(board.AwaitRevision(1, absl::ZeroDuration()));
}

}  // namespace
}  // namespace sluice::status
