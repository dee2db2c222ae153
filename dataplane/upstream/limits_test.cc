// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/limits.h"

#include "gtest/gtest.h"

namespace sluice::upstream {
namespace {

uint32_t Room(Limit& limit) {
  uint32_t room = 0;
  while (limit.TryTake()) ++room;
  return room;
}

TEST(LimitsTest, WorkersShareALimitRoundedUp) {
  config::CircuitBreaker breaker;
  breaker.max_connections = 10;
  breaker.max_pending = 1;
  breaker.max_requests = 0;
  Limits limits(breaker, 4);
  EXPECT_EQ(Room(limits.connections), 3u);
  EXPECT_EQ(Room(limits.pending), 1u);
  EXPECT_EQ(Room(limits.requests), 0u);
}

TEST(LimitsTest, OneWorkerHasTheWholeLimit) {
  config::CircuitBreaker breaker;
  breaker.max_connections = UINT32_MAX;
  Limits limits(breaker, 1);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(limits.connections.TryTake());
}

TEST(LimitsTest, RetriesAreCountedAgainstAFixedNumberWithoutABudget) {
  config::CircuitBreaker breaker;
  breaker.max_retries = 2;
  Limits limits(breaker, 1);
  EXPECT_TRUE(limits.TryTakeRetry());
  EXPECT_TRUE(limits.TryTakeRetry());
  EXPECT_FALSE(limits.TryTakeRetry());
  limits.GiveRetry();
  EXPECT_TRUE(limits.TryTakeRetry());
}

TEST(LimitsTest, ABudgetGrowsWithWhatIsUnderWay) {
  config::CircuitBreaker breaker;
  breaker.retry_budget_percent = 20;
  breaker.retry_budget_min = 1;
  Limits limits(breaker, 1);
  EXPECT_TRUE(limits.TryTakeRetry());
  EXPECT_FALSE(limits.TryTakeRetry());
  for (int i = 0; i < 10; ++i) limits.requests.Take();
  EXPECT_TRUE(limits.TryTakeRetry());
  EXPECT_FALSE(limits.TryTakeRetry());
}

}  // namespace
}  // namespace sluice::upstream
