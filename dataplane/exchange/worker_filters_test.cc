// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/worker_filters.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "dataplane/filters/chain/filter_worker_fake.h"

namespace sluice::exchange {
namespace {

using http::PolicyOutcome;

class Remembering final : public filters::FilterState {
 public:
  static int made;
  static int alive;
  Remembering() { ++made, ++alive; }
  ~Remembering() override { --alive; }
};
int Remembering::made = 0;
int Remembering::alive = 0;

std::unique_ptr<filters::FilterState> Make(const config::FilterConfig&) {
  return std::make_unique<Remembering>();
}

class WorkerFiltersTest : public testing::Test {
 protected:
  WorkerFiltersTest() { Remembering::made = 0; }

  std::string Metrics() { return telemetry::StatsReader({&stats_}).Prometheus(); }

  event::Loop loop_;
  telemetry::StatsShard stats_;
  filters::FakeFilterWorker fake_;
  WorkerFilters filters_{loop_, stats_, fake_, fake_.limits()};
};

TEST_F(WorkerFiltersTest, AStateLivesAsLongAsItsConfiguration) {
  auto config = std::make_shared<const config::FilterConfig>();
  filters::FilterState& state = filters_.StateOf(*config, &Make);
  filters_.Sweep();
  EXPECT_EQ(&filters_.StateOf(*config, &Make), &state);
  EXPECT_EQ(Remembering::made, 1);
  config = nullptr;
  filters_.Sweep();
  EXPECT_EQ(Remembering::alive, 0);
}

TEST_F(WorkerFiltersTest, WithoutConsumersThereIsNobody) {
  EXPECT_TRUE(filters_.consumers().empty());
  auto table = std::make_shared<config::ConsumerTable>();
  table->Apply({{nullptr, config::Consumer::Make({.name = "a/b"})}});
  filters_.SetConsumers(table);
  EXPECT_EQ(filters_.consumers().size(), 1U);
  filters_.SetConsumers(nullptr);
  EXPECT_TRUE(filters_.consumers().empty());
}

TEST_F(WorkerFiltersTest, DecisionsAreCountedByPolicyAndReason) {
  filters_.CountDecision("AuthPolicy/a/b", PolicyOutcome::kDenied, "jwt-expired");
  filters_.CountDecision("AuthPolicy/a/b", PolicyOutcome::kDenied, "jwt-expired");
  filters_.CountDecision("AuthPolicy/a/b", PolicyOutcome::kWouldDeny, "jwt-expired");
  const std::string metrics = Metrics();
  EXPECT_NE(metrics.find("sluice_policy_decisions_total{policy=\"AuthPolicy/a/b\","
                         "decision=\"denied\",reason=\"jwt-expired\"} 2\n"),
            std::string::npos)
      << metrics;
  EXPECT_NE(metrics.find("decision=\"would-deny\",reason=\"jwt-expired\"} 1\n"), std::string::npos);
}

TEST_F(WorkerFiltersTest, TooManyPoliciesAreCountedTogether) {
  for (size_t i = 0; i < WorkerFilters::kMaxCounted + 5; ++i) {
    filters_.CountDecision(std::to_string(i), PolicyOutcome::kAllowed, "r");
  }
  EXPECT_NE(Metrics().find("{policy=\"other\",decision=\"allowed\",reason=\"r\"} 5\n"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::exchange
