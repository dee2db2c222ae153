// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/host_set.h"

#include <cmath>
#include <deque>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::upstream {
namespace {

using config::Health;
using config::LbPolicy;

// Endpoints and their hosts, as a cluster would hold them.
class Fleet {
 public:
  explicit Fleet(LbPolicy policy = LbPolicy::kRoundRobin) { cluster_.lb_policy = policy; }

  config::Cluster& cluster() { return cluster_; }
  Dice& dice() { return dice_; }

  config::Endpoint& Add(Health health = Health::kHealthy, uint32_t priority = 0,
                        uint32_t weight = 1) {
    config::Endpoint& endpoint = endpoints_.emplace_back();
    endpoint.address = absl::StrCat("10.0.0.", endpoints_.size());
    endpoint.port = 80;
    endpoint.health = health;
    endpoint.priority = priority;
    endpoint.weight = weight;
    return endpoint;
  }

  HostSet Build() {
    members_.clear();
    for (const config::Endpoint& endpoint : endpoints_) {
      hosts_.push_back(Ref<Host>(new Host(endpoint)));
      members_.push_back({.host = hosts_.back().get(), .endpoint = &endpoint});
    }
    return HostSet(cluster_, 140, members_, dice_);
  }

  Host* host(size_t i) { return members_[i].host; }
  const config::Endpoint& endpoint(size_t i) { return endpoints_[i]; }
  size_t size() const { return endpoints_.size(); }

  // How often each endpoint, by place, is chosen in `n` choices.
  std::vector<int> Count(HostSet& set, int n) {
    std::map<const Host*, size_t> place;
    for (size_t i = 0; i < members_.size(); ++i) place[members_[i].host] = i;
    std::vector<int> counts(members_.size());
    for (int i = 0; i < n; ++i) ++counts[place.at(set.Choose({}, dice_))];
    return counts;
  }

 private:
  config::Cluster cluster_;
  Dice dice_{42};
  std::deque<config::Endpoint> endpoints_;
  std::vector<Ref<Host>> hosts_;
  std::vector<HostSet::Member> members_;
};

constexpr LbPolicy kPolicies[] = {LbPolicy::kRoundRobin, LbPolicy::kLeastRequest,
                                  LbPolicy::kRandom};

TEST(HostSetTest, NoEndpointsMeansNoHost) {
  Fleet fleet;
  HostSet set = fleet.Build();
  EXPECT_EQ(set.Choose({}, fleet.dice()), nullptr);
}

TEST(HostSetTest, EveryPolicySharesByWeight) {
  for (LbPolicy policy : kPolicies) {
    Fleet fleet(policy);
    fleet.Add(Health::kHealthy, 0, 1);
    fleet.Add(Health::kHealthy, 0, 2);
    fleet.Add(Health::kHealthy, 0, 5);
    HostSet set = fleet.Build();
    const std::vector<int> counts = fleet.Count(set, 80'000);
    EXPECT_NEAR(counts[0], 10'000, 600);
    EXPECT_NEAR(counts[1], 20'000, 800);
    EXPECT_NEAR(counts[2], 50'000, 1000);
  }
}

TEST(HostSetTest, RoundRobinIsExact) {
  Fleet fleet;
  for (int i = 0; i < 7; ++i) fleet.Add();
  HostSet set = fleet.Build();
  for (int count : fleet.Count(set, 700)) EXPECT_EQ(count, 100);
}

TEST(HostSetTest, LeastRequestAvoidsTheBusy) {
  Fleet fleet(LbPolicy::kLeastRequest);
  for (int i = 0; i < 4; ++i) fleet.Add();
  HostSet set = fleet.Build();
  fleet.host(0)->load().active_requests = 100;
  const std::vector<int> counts = fleet.Count(set, 16'000);
  // Only when both throws are the busy one: one in sixteen.
  EXPECT_NEAR(counts[0], 1000, 200);
}

TEST(HostSetTest, LeastRequestCountsLoadByWeight) {
  Fleet fleet(LbPolicy::kLeastRequest);
  fleet.Add(Health::kHealthy, 0, 1);
  fleet.Add(Health::kHealthy, 0, 10);
  HostSet set = fleet.Build();
  fleet.host(0)->load().active_requests = 2;
  fleet.host(1)->load().active_requests = 10;
  const std::vector<int> counts = fleet.Count(set, 10'000);
  EXPECT_LT(counts[0], 300);
}

TEST(HostSetTest, UnhealthyAndDrainingGetNothing) {
  for (LbPolicy policy : kPolicies) {
    Fleet fleet(policy);
    for (int i = 0; i < 6; ++i) fleet.Add();
    fleet.Add(Health::kUnhealthy);
    fleet.Add(Health::kDraining);
    HostSet set = fleet.Build();
    const std::vector<int> counts = fleet.Count(set, 6000);
    EXPECT_FALSE(set.panicking());
    EXPECT_EQ(counts[6], 0);
    EXPECT_EQ(counts[7], 0);
  }
}

TEST(HostSetTest, BelowTheThresholdHealthIsIgnoredButNotDraining) {
  Fleet fleet;
  fleet.Add();
  for (int i = 0; i < 4; ++i) fleet.Add(Health::kUnhealthy);
  fleet.Add(Health::kDraining);
  HostSet set = fleet.Build();
  EXPECT_TRUE(set.panicking());
  const std::vector<int> counts = fleet.Count(set, 500);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(counts[i], 100);
  EXPECT_EQ(counts[5], 0);
}

TEST(HostSetTest, WithoutPanicNoHealthyHostMeansNone) {
  Fleet fleet;
  fleet.cluster().panic_threshold_percent = 0;
  fleet.Add(Health::kUnhealthy);
  HostSet set = fleet.Build();
  EXPECT_EQ(set.Choose({}, fleet.dice()), nullptr);
}

TEST(HostSetTest, DrainingServesWhenThereIsNothingElse) {
  Fleet fleet;
  fleet.Add(Health::kDraining);
  HostSet set = fleet.Build();
  EXPECT_EQ(set.Choose({}, fleet.dice()), fleet.host(0));
}

TEST(HostSetTest, DegradedHostsServeOnlyWhatTheHealthyCannot) {
  Fleet fleet;
  fleet.Add();
  fleet.Add(Health::kDegraded);
  HostSet set = fleet.Build();
  // One of two healthy, times 1.4: 70 of 100.
  const std::vector<int> counts = fleet.Count(set, 10'000);
  EXPECT_NEAR(counts[0], 7000, 300);
  EXPECT_NEAR(counts[1], 3000, 300);
}

TEST(HostSetTest, TheNextPriorityTakesWhatTheFirstCannot) {
  Fleet fleet;
  fleet.Add(Health::kHealthy, 0);
  fleet.Add(Health::kUnhealthy, 0);
  fleet.Add(Health::kHealthy, 1);
  fleet.Add(Health::kHealthy, 2);
  HostSet set = fleet.Build();
  const std::vector<int> counts = fleet.Count(set, 10'000);
  EXPECT_NEAR(counts[0], 7000, 300);
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[2], 3000, 300);
  EXPECT_EQ(counts[3], 0);
}

TEST(HostSetTest, ALowerPriorityIsIdleWhileTheFirstCanCarryAll) {
  Fleet fleet;
  for (int i = 0; i < 8; ++i) fleet.Add(Health::kHealthy, 0);
  for (int i = 0; i < 2; ++i) fleet.Add(Health::kUnhealthy, 0);
  fleet.Add(Health::kHealthy, 1);
  HostSet set = fleet.Build();
  EXPECT_EQ(fleet.Count(set, 1000).back(), 0);
}

TEST(HostSetTest, LocalitiesShareByTheirWeights) {
  Fleet fleet;
  for (int i = 0; i < 3; ++i) {
    config::Endpoint& endpoint = fleet.Add();
    endpoint.zone = i == 0 ? "a" : "b";
    endpoint.locality_weight = i == 0 ? 3 : 1;
  }
  HostSet set = fleet.Build();
  const std::vector<int> counts = fleet.Count(set, 8000);
  EXPECT_NEAR(counts[0], 6000, 10);
  EXPECT_NEAR(counts[1], 1000, 10);
  EXPECT_NEAR(counts[2], 1000, 10);
}

TEST(HostSetTest, RetriesAvoidWhatWasTriedWhileThereAreOthers) {
  for (LbPolicy policy : kPolicies) {
    Fleet fleet(policy);
    for (int i = 0; i < 10; ++i) fleet.Add(Health::kHealthy, 0, i == 0 ? 10'000 : 1);
    HostSet set = fleet.Build();
    std::vector<const Host*> tried;
    for (int i = 0; i < 10; ++i) {
      LbContext context;
      context.tried = tried;
      Host* host = set.Choose(context, fleet.dice());
      EXPECT_EQ(std::find(tried.begin(), tried.end(), host), tried.end());
      tried.push_back(host);
    }
    LbContext context;
    context.tried = tried;
    EXPECT_NE(set.Choose(context, fleet.dice()), nullptr);
  }
}

// Random fleets: a host that may not serve never does, unless its priority panics, and a fleet with
// a healthy host always has an answer.
TEST(HostSetTest, OnlyThoseWhoMayServeDo) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Dice dice(seed);
    Fleet fleet(kPolicies[dice.Below(3)]);
    const uint32_t n = 1 + dice.Below(12);
    bool any_good = false;
    for (uint32_t i = 0; i < n; ++i) {
      const Health health = static_cast<Health>(dice.Below(4));
      any_good = any_good || health == Health::kHealthy || health == Health::kDegraded;
      config::Endpoint& endpoint = fleet.Add(health, dice.Below(3), 1 + dice.Below(5));
      endpoint.zone = absl::StrCat("zone-", dice.Below(3));
      endpoint.locality_weight = dice.Below(3);
    }
    fleet.cluster().panic_threshold_percent = dice.Below(2) * 50;
    HostSet set = fleet.Build();
    for (int i = 0; i < 200; ++i) {
      const Host* host = set.Choose({}, fleet.dice());
      if (any_good) {
        ASSERT_NE(host, nullptr) << "seed " << seed;
      }
      if (host == nullptr) break;
      if (set.panicking()) continue;
      if (any_good) {
        ASSERT_TRUE(host->health() == Health::kHealthy || host->health() == Health::kDegraded)
            << "seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace sluice::upstream
