// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace sluice::config {

// When a failed try is made again. Names of conditions are Envoy's `retry_on`.
struct RetryPolicy {
  enum Condition : uint32_t {
    k5xx = 1u << 0,
    kGatewayError = 1u << 1,  // 502, 503, 504 and resets.
    kReset = 1u << 2,
    kConnectFailure = 1u << 3,
    kRefusedStream = 1u << 4,
    kRetriable4xx = 1u << 5,  // 409.
    kRetriableStatusCodes = 1u << 6,
    kResetBeforeRequest = 1u << 7,
    kGrpcCancelled = 1u << 8,
    kGrpcDeadlineExceeded = 1u << 9,
    kGrpcResourceExhausted = 1u << 10,
    kGrpcUnavailable = 1u << 11,
    kGrpcInternal = 1u << 12,
  };
  uint32_t on = 0;  // 0: no retries.
  uint32_t max_retries = 1;
  int64_t per_try_timeout_ms = 0;  // 0: none of its own.
  int64_t per_try_idle_timeout_ms = 0;
  int64_t base_backoff_ms = 25;  // Full jitter between 0 and base * 2^n, capped.
  int64_t max_backoff_ms = 250;
  std::vector<uint16_t> status_codes;  // With kRetriableStatusCodes.
};

}  // namespace sluice::config
