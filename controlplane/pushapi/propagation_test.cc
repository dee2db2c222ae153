// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/propagation.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "controlplane/xdsserver/resource_set.h"
#include "gtest/gtest.h"

namespace sluice::pushapi {
namespace {

using xdsserver::ProxyState;
using xdsserver::ResourceSet;

class PropagationTest : public ::testing::Test {
 protected:
  uint64_t Set(const std::string& group, const std::string& value) {
    return changed_[group] =
               cache_.Set(group, ResourceSet::Builder().Put("type", "name", value).Build());
  }
  uint64_t Join(const std::string& group, const std::string& node) {
    xdsserver::ProxyStatus status;
    status.group = group;
    status.node_id = node;
    return fleet_.Join(std::move(status));
  }
  void Settle(uint64_t stream, const std::string& group) {
    fleet_.NoteSettled(stream, *cache_.Find(group), ProxyState::kLive);
    fleet_.RunDue();
  }
  // What the test has set since the call before is what that translation changed.
  void Translated(registry::Revision revision) {
    propagation_.OnTranslated(revision, std::exchange(changed_, {}));
  }
  std::shared_ptr<void> Wait(registry::Revision revision,
                             absl::Duration timeout = absl::Minutes(1)) {
    return propagation_.Wait(revision, {}, timeout, [this](push::v1::WaitResponse response) {
      answer_ = std::move(response);
      done_.Notify();
    });
  }

  xdsserver::SnapshotCache cache_{absl::Now};
  xdsserver::Fleet fleet_{absl::Now};
  Propagation propagation_{cache_, fleet_, absl::Now};
  Propagation::Reach changed_;
  absl::Notification done_;
  push::v1::WaitResponse answer_;
};

TEST_F(PropagationTest, WithoutProxiesAWaitEndsWhenItsRevisionIsTranslated) {
  const auto waiting = Wait(3);
  EXPECT_FALSE(done_.HasBeenNotified());
  Translated(2);
  EXPECT_FALSE(done_.HasBeenNotified());
  Translated(3);
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_TRUE(answer_.live());
  EXPECT_EQ(answer_.revision(), 3);
}

TEST_F(PropagationTest, EndsWhenTheLastProxyOfTheLastGatewayServesIt) {
  Set("shop/a", "v1");
  Set("shop/b", "v1");
  const uint64_t one = Join("shop/a", "one");
  const uint64_t two = Join("shop/b", "two");
  Translated(1);
  const auto waiting = Wait(1);
  Settle(one, "shop/a");
  EXPECT_FALSE(done_.HasBeenNotified());
  Settle(two, "shop/b");
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_TRUE(answer_.live());
  EXPECT_EQ(answer_.proxies_size(), 2);
}

TEST_F(PropagationTest, ARefusalIsAnAnswerButNotLive) {
  Set("shop/a", "v1");
  const uint64_t one = Join("shop/a", "one");
  Translated(1);
  const auto waiting = Wait(1);
  fleet_.NoteNack(one, "type", {"v1", "no such filter", {"name"}, absl::Now()});
  fleet_.NoteSettled(one, *cache_.Find("shop/a"), ProxyState::kRefused);
  fleet_.RunDue();
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_FALSE(answer_.live());
  EXPECT_EQ(answer_.proxies(0).error(), "no such filter");
}

TEST_F(PropagationTest, AtItsTimeLimitItNamesWhoIsLate) {
  Set("shop/a", "v1");
  Join("shop/a", "late");
  Translated(1);
  const auto waiting = Wait(1, absl::Milliseconds(1));
  done_.WaitForNotification();
  EXPECT_FALSE(answer_.live());
  ASSERT_EQ(answer_.proxies_size(), 1);
  EXPECT_EQ(answer_.proxies(0).node(), "late");
  EXPECT_EQ(answer_.proxies(0).state(), push::v1::PROXY_STATE_SYNCING);
}

TEST_F(PropagationTest, TimeCountsFromTheApply) {
  Set("shop/a", "v1");
  const uint64_t one = Join("shop/a", "one");
  propagation_.NoteApplied(1, absl::Now() - absl::Seconds(5));
  Translated(1);
  const auto waiting = Wait(1);
  Settle(one, "shop/a");
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_GE(answer_.took_ms(), 5000);
}

TEST_F(PropagationTest, WhatIsServedAlreadyTookNoTime) {
  Set("shop/a", "v1");
  const uint64_t one = Join("shop/a", "one");
  Settle(one, "shop/a");
  propagation_.NoteApplied(2, absl::Now() + absl::Hours(1));
  Translated(2);
  const auto waiting = Wait(2);
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_EQ(answer_.took_ms(), 0);
}

TEST_F(PropagationTest, AnotherGatewaysRefusalIsNotThisChangesAffair) {
  Set("shop/a", "v1");
  Set("shop/b", "v1");
  const uint64_t good = Join("shop/a", "good");
  const uint64_t bad = Join("shop/b", "bad");
  fleet_.NoteNack(bad, "type", {"v1", "no such filter", {"name"}, absl::Now()});
  fleet_.NoteSettled(bad, *cache_.Find("shop/b"), ProxyState::kRefused);
  Translated(1);
  Set("shop/a", "v2");
  Translated(2);
  const auto waiting = Wait(2);
  EXPECT_FALSE(done_.HasBeenNotified());
  Settle(good, "shop/a");
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_TRUE(answer_.live());
  ASSERT_EQ(answer_.proxies_size(), 1);
  EXPECT_EQ(answer_.proxies(0).node(), "good");
  ASSERT_EQ(answer_.gateways_size(), 1);
  EXPECT_EQ(answer_.gateways(0), "shop/a");
}

TEST_F(PropagationTest, AChangeThatReachesNobodyEndsAtOnceAndSaysSo) {
  Set("shop/a", "v1");
  Join("shop/a", "late");
  Translated(1);
  Translated(2);
  const auto waiting = Wait(2);
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_TRUE(answer_.live());
  EXPECT_TRUE(answer_.gateways().empty());
}

TEST_F(PropagationTest, TheChangesThatMadeUnchangedObjectsCount) {
  Translated(1);
  Set("shop/a", "v1");
  Set("shop/b", "v1");
  Translated(3);  // Folded: of revisions 2 and 3.
  const uint64_t one = Join("shop/a", "one");
  Join("shop/b", "two");
  Translated(4);
  Set("shop/a", "v2");
  Translated(5);
  Settle(one, "shop/a");
  const auto waiting = propagation_.Wait(5, {2, 4}, absl::Milliseconds(1), [this](auto response) {
    answer_ = std::move(response);
    done_.Notify();
  });
  done_.WaitForNotification();
  EXPECT_FALSE(answer_.live());
  ASSERT_EQ(answer_.proxies_size(), 2);
  EXPECT_EQ(answer_.proxies(0).state(), push::v1::PROXY_STATE_LIVE);
  EXPECT_EQ(answer_.proxies(1).state(), push::v1::PROXY_STATE_SYNCING);
}

TEST_F(PropagationTest, WhatIsForgottenReachesEveryGateway) {
  Set("shop/a", "v1");
  Set("shop/b", "v1");
  Translated(7);
  const auto waiting = Wait(6);
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_EQ(answer_.gateways_size(), 2);
}

TEST_F(PropagationTest, MoreChangesThanCanBeAskedForReachEveryGateway) {
  Set("shop/a", "v1");
  Translated(1);
  Translated(2);
  const auto waiting =
      propagation_.Wait(2, std::vector<registry::Revision>(Propagation::kMaxChanges + 1, 2),
                        absl::Minutes(1), [this](push::v1::WaitResponse response) {
                          answer_ = std::move(response);
                          done_.Notify();
                        });
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_EQ(answer_.gateways_size(), 1);
}

TEST_F(PropagationTest, WhoLeavesIsNotAnswered) {
  Set("shop/a", "v1");
  const uint64_t one = Join("shop/a", "one");
  Translated(1);
  Wait(1).reset();
  Settle(one, "shop/a");
  EXPECT_FALSE(done_.HasBeenNotified());
}

}  // namespace
}  // namespace sluice::pushapi
