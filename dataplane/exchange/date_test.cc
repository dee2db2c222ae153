// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/date.h"

#include "gtest/gtest.h"

namespace sluice::exchange {
namespace {

TEST(HttpDateTest, IsAnImfFixdate) {
  EXPECT_EQ(HttpDate(784'111'777'000'000'000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(784'111'777'999'999'999), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(784'111'778'000'000'000), "Sun, 06 Nov 1994 08:49:38 GMT");
}

}  // namespace
}  // namespace sluice::exchange
