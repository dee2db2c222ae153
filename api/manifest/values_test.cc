// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/values.h"

#include "gtest/gtest.h"

namespace sluice::manifest {
namespace {

TEST(DurationTest, EveryUnitIsReadAndWrittenBack) {
  for (const char* text : {"0s", "1ms", "500ms", "15s", "1h30m", "1m30s", "99999h", "1h2m3s4ms"}) {
    const auto duration = ParseDuration(text);
    ASSERT_TRUE(duration.ok()) << text;
    EXPECT_EQ(WriteDuration(*duration), text);
  }
}

TEST(DurationTest, TheSameTimeHasOneSpelling) {
  EXPECT_EQ(WriteDuration(*ParseDuration("90s")), "1m30s");
  EXPECT_EQ(WriteDuration(*ParseDuration("1500ms")), "1s500ms");
  EXPECT_EQ(WriteDuration(*ParseDuration("0")), "0s");
  EXPECT_EQ(WriteDuration(*ParseDuration("1s1s")), "2s");
}

TEST(DurationTest, WhatGatewayApiRefusesIsRefused) {
  for (const char* text : {"", "s", "1", "-1s", "1.5s", "100000s", "1us", "1d", "1s 1s",
                           "1h1h1h1h1h", "1S", "inf", " 1s"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(DurationTest, SurvivesTheProto) {
  const absl::Duration duration = absl::Hours(3) + absl::Milliseconds(7);
  EXPECT_EQ(FromProto(ToProto(duration)), duration);
}

TEST(QuantityTest, SuffixesMultiply) {
  EXPECT_EQ(*ParseQuantity("0"), 0);
  EXPECT_EQ(*ParseQuantity("65536"), 65536);
  EXPECT_EQ(*ParseQuantity("64Ki"), 65536);
  EXPECT_EQ(*ParseQuantity("10M"), 10'000'000);
  EXPECT_EQ(*ParseQuantity("1.5Gi"), 3ll << 29);
  EXPECT_EQ(*ParseQuantity("7Ei"), 7ll << 60);
  EXPECT_EQ(*ParseQuantity("9223372036854775807"), 9223372036854775807ll);
}

TEST(QuantityTest, WhatIsNotAWholeSizeIsRefused) {
  for (const char* text :
       {"", "Ki", "1KB", "-1", "100m", "0.5", "1.0001k", "8Ei", "9223372036854775808", "1e3",
        "1 Ki", "1..5k", ".", "99999999999999999999"}) {
    EXPECT_FALSE(ParseQuantity(text).ok()) << text;
  }
}

TEST(QuantityTest, IsWrittenWithTheLargestSuffixThatFits) {
  EXPECT_EQ(WriteQuantity(65536), "64Ki");
  EXPECT_EQ(WriteQuantity(1 << 20), "1Mi");
  EXPECT_EQ(WriteQuantity(1000), "1000");
  EXPECT_EQ(WriteQuantity(0), "0");
}

TEST(TimestampTest, IsWrittenInUtc) {
  EXPECT_EQ(WriteTimestamp(*ParseTimestamp("2024-05-01T14:00:00+02:00")), "2024-05-01T12:00:00Z");
  EXPECT_EQ(WriteTimestamp(*ParseTimestamp("1969-12-31T23:59:59.5Z")), "1969-12-31T23:59:59.5Z");
}

TEST(TimestampTest, OnlyRfc3339IsRead) {
  for (const char* text : {"", "2024-05-01", "infinite-future", " 2024-05-01T12:00:00Z", "now"}) {
    EXPECT_FALSE(ParseTimestamp(text).ok()) << text;
  }
}

}  // namespace
}  // namespace sluice::manifest
