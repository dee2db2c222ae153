// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/schedule.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::upstream {
namespace {

std::vector<uint32_t> RandomWeights(Dice& dice) {
  std::vector<uint32_t> weights(1 + dice.Below(20));
  for (uint32_t& weight : weights) weight = 1 + dice.Below(50);
  return weights;
}

TEST(ScheduleTest, EqualWeightsRotate) {
  Dice dice(1);
  Schedule schedule(std::vector<uint32_t>{7, 7, 7}, dice);
  const uint32_t first = schedule.Next();
  EXPECT_EQ(schedule.Next(), (first + 1) % 3);
  EXPECT_EQ(schedule.Next(), (first + 2) % 3);
  EXPECT_EQ(schedule.Next(), first);
}

TEST(ScheduleTest, SchedulesStartAtDifferentPlaces) {
  Dice dice(1);
  std::vector<int> first(10);
  for (int i = 0; i < 1000; ++i) ++first[Schedule(std::vector<uint32_t>(10, 1), dice).Next()];
  for (int count : first) EXPECT_GT(count, 50);
}

// Whatever the weights, after any number of visits each thing is within two of its exact share.
TEST(ScheduleTest, SharesFollowWeightsAtEveryMoment) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Dice dice(seed);
    const std::vector<uint32_t> weights = RandomWeights(dice);
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    Schedule schedule(weights, dice);
    std::vector<int> visits(weights.size());
    for (int n = 1; n <= 2000; ++n) {
      ++visits[schedule.Next()];
      for (size_t i = 0; i < weights.size(); ++i) {
        ASSERT_LE(std::abs(visits[i] - n * weights[i] / sum), 2.0) << "seed " << seed;
      }
    }
  }
}

TEST(ScheduleTest, LongRunsStayFair) {
  Dice dice(3);
  Schedule schedule(std::vector<uint32_t>{1, 3}, dice);
  int heavy = 0;
  constexpr int kVisits = 8'000'000;  // Past the place where deadlines are taken back.
  for (int i = 0; i < kVisits; ++i) heavy += schedule.Next() == 1 ? 1 : 0;
  EXPECT_NEAR(heavy, kVisits * 3 / 4, 8);
}

TEST(AliasTableTest, SharesFollowWeights) {
  constexpr int kThrows = 100'000;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Dice dice(seed);
    const std::vector<uint32_t> weights = RandomWeights(dice);
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const AliasTable table(weights);
    std::vector<int> throws(weights.size());
    for (int i = 0; i < kThrows; ++i) ++throws[table.Throw(dice)];
    for (size_t i = 0; i < weights.size(); ++i) {
      const double p = weights[i] / sum;
      // Five standard deviations.
      EXPECT_NEAR(throws[i], kThrows * p, 5 * std::sqrt(kThrows * p * (1 - p)) + 1);
    }
  }
}

}  // namespace
}  // namespace sluice::upstream
