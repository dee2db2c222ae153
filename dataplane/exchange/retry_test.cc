// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/retry.h"

#include "gtest/gtest.h"

namespace sluice::exchange {
namespace {

using config::RetryPolicy;
using http::ErrorKind;
using http::Retry;

RetryPolicy On(uint32_t conditions) {
  RetryPolicy policy;
  policy.on = conditions;
  return policy;
}

bool After(uint32_t conditions, ErrorKind kind, bool sent = true, Retry retry = Retry::kNever) {
  return WantsRetry(On(conditions), {kind, http::Side::kUpstream, retry, ""}, sent);
}

bool After(uint32_t conditions, uint16_t status, int grpc = -1) {
  return WantsRetry(On(conditions), status, grpc);
}

TEST(RetryTest, WithoutConditionsNothingIsRetried) {
  EXPECT_FALSE(After(0, ErrorKind::kReset));
  EXPECT_FALSE(After(0, ErrorKind::kConnectFailure));
  EXPECT_FALSE(After(0, 503));
}

TEST(RetryTest, ConnectFailuresAreRetriedByWhatCoversThem) {
  for (const ErrorKind kind :
       {ErrorKind::kConnectFailure, ErrorKind::kConnectTimeout, ErrorKind::kTlsFailure}) {
    EXPECT_TRUE(After(RetryPolicy::kConnectFailure, kind));
    EXPECT_TRUE(After(RetryPolicy::k5xx, kind));
    EXPECT_TRUE(After(RetryPolicy::kGatewayError, kind));
    EXPECT_FALSE(After(RetryPolicy::kRetriable4xx, kind));
    EXPECT_FALSE(After(RetryPolicy::kRefusedStream, kind, true, Retry::kSafe));
  }
}

TEST(RetryTest, OurOwnLimitsAreNeverRetriedAgainst) {
  for (const ErrorKind kind :
       {ErrorKind::kOverflow, ErrorKind::kNoHealthyHost, ErrorKind::kDrained}) {
    EXPECT_FALSE(After(~0u, kind, false, Retry::kSafe));
  }
}

TEST(RetryTest, AResetIsRetriedByWhatCoversIt) {
  EXPECT_TRUE(After(RetryPolicy::kReset, ErrorKind::kReset));
  EXPECT_TRUE(After(RetryPolicy::k5xx, ErrorKind::kConnectionClosed));
  EXPECT_FALSE(After(RetryPolicy::kConnectFailure, ErrorKind::kReset));
}

TEST(RetryTest, ARefusedStreamIsASafeOne) {
  EXPECT_TRUE(After(RetryPolicy::kRefusedStream, ErrorKind::kReset, true, Retry::kSafe));
  EXPECT_FALSE(After(RetryPolicy::kRefusedStream, ErrorKind::kReset, true, Retry::kNever));
}

TEST(RetryTest, ResetBeforeRequestMeansThatNothingWasSent) {
  EXPECT_TRUE(After(RetryPolicy::kResetBeforeRequest, ErrorKind::kReset, false));
  EXPECT_FALSE(After(RetryPolicy::kResetBeforeRequest, ErrorKind::kReset, true));
}

TEST(RetryTest, StatusesAreRetriedByTheirConditions) {
  EXPECT_TRUE(After(RetryPolicy::k5xx, 500));
  EXPECT_FALSE(After(RetryPolicy::k5xx, 499));
  EXPECT_FALSE(After(RetryPolicy::kGatewayError, 500));
  for (const uint16_t status : {uint16_t{502}, uint16_t{503}, uint16_t{504}}) {
    EXPECT_TRUE(After(RetryPolicy::kGatewayError, status));
  }
  EXPECT_FALSE(After(RetryPolicy::kGatewayError, 505));
  EXPECT_TRUE(After(RetryPolicy::kRetriable4xx, 409));
  EXPECT_FALSE(After(RetryPolicy::kRetriable4xx, 404));
  RetryPolicy codes = On(RetryPolicy::kRetriableStatusCodes);
  codes.status_codes = {404, 418};
  EXPECT_TRUE(WantsRetry(codes, 418, -1));
  EXPECT_FALSE(WantsRetry(codes, 500, -1));
}

TEST(RetryTest, GrpcStatusesAreRetriedByTheirConditions) {
  const std::pair<int, uint32_t> cases[] = {{1, RetryPolicy::kGrpcCancelled},
                                            {4, RetryPolicy::kGrpcDeadlineExceeded},
                                            {8, RetryPolicy::kGrpcResourceExhausted},
                                            {13, RetryPolicy::kGrpcInternal},
                                            {14, RetryPolicy::kGrpcUnavailable}};
  for (const auto& [code, condition] : cases) {
    EXPECT_TRUE(After(condition, 200, code)) << code;
    EXPECT_FALSE(After(condition, 200, 0)) << code;
    EXPECT_FALSE(After(condition, 200, -1)) << code;
    EXPECT_FALSE(After(~condition & ~uint32_t{RetryPolicy::k5xx}, 200, code)) << code;
  }
}

TEST(RetryTest, BackoffGrowsToItsCapAndNeverBeyond) {
  RetryPolicy policy;
  policy.base_backoff_ms = 10;
  policy.max_backoff_ms = 35;
  Random random(1);
  for (const auto& [retry, ceiling] :
       {std::pair<uint32_t, int64_t>{1, 10}, {2, 20}, {3, 35}, {40, 35}}) {
    int64_t most = 0;
    for (int i = 0; i < 1000; ++i) {
      const int64_t wait = BackoffMs(policy, retry, random);
      ASSERT_GE(wait, 0);
      ASSERT_LT(wait, ceiling);
      most = std::max(most, wait);
    }
    EXPECT_EQ(most, ceiling - 1) << retry;
  }
  policy.base_backoff_ms = policy.max_backoff_ms = int64_t{1} << 60;
  EXPECT_GE(BackoffMs(policy, 40, random), 0);
  policy.base_backoff_ms = policy.max_backoff_ms = 0;
  EXPECT_EQ(BackoffMs(policy, 1, random), 0);
}

TEST(RetryTest, OnlyIdempotentMethodsAreSafeToRepeat) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
    EXPECT_TRUE(IsIdempotent(method)) << method;
  }
  for (const char* method : {"POST", "PATCH", "CONNECT", "get", ""}) {
    EXPECT_FALSE(IsIdempotent(method)) << method;
  }
}

TEST(RetryTest, EachFailureHasItsStatusAndFlag) {
  using http::ResponseFlag;
  const std::tuple<ErrorKind, uint16_t, ResponseFlag> cases[] = {
      {ErrorKind::kNoHealthyHost, 503, ResponseFlag::kNoHealthyUpstream},
      {ErrorKind::kOverflow, 503, ResponseFlag::kUpstreamOverflow},
      {ErrorKind::kConnectFailure, 503, ResponseFlag::kUpstreamConnectionFailure},
      {ErrorKind::kConnectTimeout, 503, ResponseFlag::kUpstreamConnectionFailure},
      {ErrorKind::kTlsFailure, 503, ResponseFlag::kUpstreamConnectionFailure},
      {ErrorKind::kProtocol, 502, ResponseFlag::kUpstreamProtocolError},
      {ErrorKind::kHeadersTooLarge, 502, ResponseFlag::kUpstreamProtocolError},
      {ErrorKind::kReset, 503, ResponseFlag::kUpstreamRemoteReset},
      {ErrorKind::kIdleTimeout, 504, ResponseFlag::kUpstreamRequestTimeout},
      {ErrorKind::kConnectionClosed, 503, ResponseFlag::kUpstreamConnectionTermination},
  };
  for (const auto& [kind, status, flag] : cases) {
    const FailureReply reply = ReplyTo({kind, http::Side::kUpstream, Retry::kNever, ""});
    EXPECT_EQ(reply.status, status) << static_cast<int>(kind);
    EXPECT_EQ(reply.flag, flag) << static_cast<int>(kind);
    EXPECT_FALSE(reply.detail.empty());
  }
}

}  // namespace
}  // namespace sluice::exchange
