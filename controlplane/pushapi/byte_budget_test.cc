// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/byte_budget.h"

#include <memory>

#include "gtest/gtest.h"

namespace sluice::pushapi {
namespace {

TEST(ByteBudgetTest, SharesTogetherStayWithinIt) {
  const auto budget = std::make_shared<ByteBudget>(10);
  auto one = budget->NewShare();
  const auto two = budget->NewShare();
  EXPECT_TRUE(one->TryGrow(4));
  EXPECT_TRUE(one->TryGrow(4));
  EXPECT_FALSE(two->TryGrow(3));
  EXPECT_TRUE(two->TryGrow(2));
  one.reset();
  EXPECT_TRUE(two->TryGrow(8));
  EXPECT_FALSE(two->TryGrow(1));
}

}  // namespace
}  // namespace sluice::pushapi
