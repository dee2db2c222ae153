// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/grpc_timeout.h"

#include "gtest/gtest.h"

namespace sluice::http {
namespace {

TEST(GrpcTimeoutTest, ReadsEveryUnit) {
  EXPECT_EQ(ParseGrpcTimeoutMs("2H"), 7'200'000);
  EXPECT_EQ(ParseGrpcTimeoutMs("3M"), 180'000);
  EXPECT_EQ(ParseGrpcTimeoutMs("4S"), 4000);
  EXPECT_EQ(ParseGrpcTimeoutMs("5m"), 5);
  EXPECT_EQ(ParseGrpcTimeoutMs("1u"), 1);
  EXPECT_EQ(ParseGrpcTimeoutMs("1001u"), 2);
  EXPECT_EQ(ParseGrpcTimeoutMs("1n"), 1);
  EXPECT_EQ(ParseGrpcTimeoutMs("99999999H"), 365LL * 24 * 3600 * 1000);
}

TEST(GrpcTimeoutTest, RefusesWhatIsNone) {
  for (const char* value :
       {"", "S", "1", "1s", "-1S", "+1S", " 1S", "1 S", "1.5S", "123456789S", "0x1S", "1SS"}) {
    EXPECT_EQ(ParseGrpcTimeoutMs(value), -1) << value;
  }
}

TEST(GrpcTimeoutTest, IsWrittenInTheFinestUnitThatHoldsIt) {
  EXPECT_EQ(FormatGrpcTimeoutMs(0), "0m");
  EXPECT_EQ(FormatGrpcTimeoutMs(250), "250m");
  EXPECT_EQ(FormatGrpcTimeoutMs(99'999'999), "99999999m");
  EXPECT_EQ(FormatGrpcTimeoutMs(100'000'999), "100000S");
  EXPECT_EQ(FormatGrpcTimeoutMs(INT64_MAX), "99999999S");
}

TEST(GrpcTimeoutTest, WhatIsWrittenIsRead) {
  for (const int64_t ms : {1, 999, 1000, 600'000, 99'999'999}) {
    EXPECT_EQ(ParseGrpcTimeoutMs(FormatGrpcTimeoutMs(ms)), ms);
  }
}

}  // namespace
}  // namespace sluice::http
