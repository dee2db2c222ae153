// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/fleet.h"

#include <optional>
#include <string>

#include "controlplane/xdsserver/type_urls.h"
#include "gtest/gtest.h"

namespace sluice::xdsserver {
namespace {

class FleetTest : public ::testing::Test {
 protected:
  uint64_t Join(std::string node, std::string group = "ns/gw") {
    ProxyStatus who;
    who.node_id = std::move(node);
    who.group = std::move(group);
    return fleet_.Join(std::move(who));
  }
  static Snapshot At(uint64_t sequence) {
    Snapshot snapshot;
    snapshot.sequence = sequence;
    snapshot.version = "v" + std::to_string(sequence);
    return snapshot;
  }
  uint64_t Await(uint64_t sequence) {
    return fleet_.Await("ns/gw", sequence, now_, [this](const Rollcall& call) { called_ = call; });
  }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  Fleet fleet_{[this] { return now_; }};
  std::optional<Rollcall> called_;
};

TEST_F(FleetTest, LagIsTheAgeOfTheOldestOpenResponse) {
  const uint64_t id = Join("p");
  fleet_.NoteSent(id, kClusterType, "1");
  now_ += absl::Seconds(2);
  fleet_.NoteSent(id, kRouteType, "1");
  now_ += absl::Seconds(1);
  EXPECT_EQ(fleet_.View().at(0).lag, absl::Seconds(3));
  fleet_.NoteAck(id, kClusterType, "1", true);
  EXPECT_EQ(fleet_.View().at(0).lag, absl::Seconds(1));
  fleet_.NoteNack(id, kRouteType, {"1", "bad", {"r"}, now_});
  const ProxyStatus status = fleet_.View().at(0);
  EXPECT_EQ(status.lag, absl::ZeroDuration());
  EXPECT_EQ(status.types.at(0).version_acked, "1");
  EXPECT_EQ(status.types.at(1).refusal->error, "bad");
}

TEST_F(FleetTest, ViewIsByGroup) {
  Join("p", "a/b");
  Join("q", "c/d");
  EXPECT_EQ(fleet_.View().size(), 2u);
  ASSERT_EQ(fleet_.View("c/d").size(), 1u);
  EXPECT_EQ(fleet_.View("c/d")[0].node_id, "q");
  EXPECT_EQ(fleet_.View("c/d")[0].connected_since, now_);
}

TEST_F(FleetTest, RollcallWaitsForTheLastProxyAndTellsEachTime) {
  const uint64_t p = Join("p");
  const uint64_t q = Join("q");
  Join("stranger", "other/gw");
  Await(7);
  now_ += absl::Milliseconds(5);
  fleet_.NoteSettled(p, At(7), ProxyState::kLive);
  fleet_.RunDue();
  EXPECT_FALSE(called_.has_value());
  now_ += absl::Milliseconds(5);
  fleet_.NoteSettled(q, At(6), ProxyState::kLive);
  fleet_.RunDue();
  EXPECT_FALSE(called_.has_value()) << "q has an older snapshot";
  fleet_.NoteSettled(q, At(8), ProxyState::kLive);
  fleet_.RunDue();
  ASSERT_TRUE(called_.has_value());
  ASSERT_EQ(called_->answers.size(), 2u);
  EXPECT_EQ(called_->answers[0].node_id, "p");
  EXPECT_EQ(called_->answers[0].took, absl::Milliseconds(5));
  EXPECT_EQ(called_->answers[1].took, absl::Milliseconds(10));
  EXPECT_EQ(called_->answers[1].state, ProxyState::kLive);
}

TEST_F(FleetTest, RefusalIsAnAnswerWithItsReason) {
  const uint64_t p = Join("p");
  Await(1);
  fleet_.NoteSent(p, kRouteType, "1");
  fleet_.NoteNack(p, kRouteType, {"1", "route r: no", {"r"}, now_});
  fleet_.NoteSettled(p, At(1), ProxyState::kRefused);
  fleet_.RunDue();
  ASSERT_TRUE(called_.has_value());
  EXPECT_EQ(called_->answers.at(0).state, ProxyState::kRefused);
  EXPECT_EQ(called_->answers.at(0).error, "route r: no");
}

TEST_F(FleetTest, RefusalWithoutATextIsOneToo) {
  const uint64_t p = Join("p");
  Await(1);
  fleet_.NoteNack(p, kRouteType, {"1", "", {"r"}, now_});
  fleet_.NoteSettled(p, At(1), ProxyState::kRefused);
  fleet_.RunDue();
  ASSERT_TRUE(called_.has_value());
  EXPECT_EQ(called_->answers.at(0).state, ProxyState::kRefused);
}

TEST_F(FleetTest, RollcallOfNobodyIsDoneAtOnce) {
  Await(1);
  ASSERT_TRUE(called_.has_value());
  EXPECT_TRUE(called_->answers.empty());
}

TEST_F(FleetTest, RollcallDoesNotWaitForThoseWhoLeave) {
  const uint64_t p = Join("p");
  const uint64_t q = Join("q");
  Await(1);
  fleet_.NoteSettled(p, At(1), ProxyState::kLive);
  fleet_.Leave(q);
  fleet_.RunDue();
  ASSERT_TRUE(called_.has_value());
  EXPECT_EQ(called_->answers.size(), 1u);
}

TEST_F(FleetTest, RollcallWaitsForThoseWhoComeLater) {
  const uint64_t p = Join("p");
  Await(1);
  const uint64_t q = Join("q");
  fleet_.Leave(Join("stranger", "other/gw"));
  fleet_.NoteSettled(p, At(1), ProxyState::kLive);
  fleet_.NoteSettled(p, At(2), ProxyState::kLive);
  fleet_.RunDue();
  EXPECT_FALSE(called_.has_value()) << "q has not answered";
  fleet_.NoteSettled(q, At(2), ProxyState::kLive);
  fleet_.RunDue();
  ASSERT_TRUE(called_.has_value());
  EXPECT_EQ(called_->answers.size(), 2u);
}

TEST_F(FleetTest, CancelTellsWhoIsMissing) {
  const uint64_t p = Join("p");
  Join("q");
  const uint64_t id = Await(1);
  fleet_.NoteSettled(p, At(1), ProxyState::kLive);
  const std::optional<Rollcall> call = fleet_.Cancel(id);
  ASSERT_TRUE(call.has_value());
  ASSERT_EQ(call->answers.size(), 2u);
  EXPECT_EQ(call->answers[1].node_id, "q");
  EXPECT_EQ(call->answers[1].state, ProxyState::kSyncing);
  EXPECT_FALSE(fleet_.Cancel(id).has_value());
  fleet_.RunDue();
  EXPECT_FALSE(called_.has_value());
}

TEST_F(FleetTest, FieldListingIsShown) {
  const uint64_t p = Join("p");
  fleet_.NoteFieldListing(p, {"listener l: drain_type"});
  EXPECT_EQ(fleet_.View().at(0).unsupported_fields.at(0), "listener l: drain_type");
}

// A callback may use the fleet: no lock is held.
TEST_F(FleetTest, CallbackMayReadTheFleet) {
  const uint64_t p = Join("p");
  size_t seen = 0;
  fleet_.Await("ns/gw", 1, now_, [&](const Rollcall&) { seen = fleet_.View().size(); });
  fleet_.NoteSettled(p, At(1), ProxyState::kLive);
  fleet_.RunDue();
  EXPECT_EQ(seen, 1u);
}

}  // namespace
}  // namespace sluice::xdsserver
