// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/config/retry.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/http/error.h"
#include "dataplane/http/message.h"

namespace sluice::exchange {

// Whether the policy asks for another try after a stream that ended wrongly. `request_sent` is
// whether any of the request had gone out on it.
bool WantsRetry(const config::RetryPolicy& policy, const http::StreamError& error,
                bool request_sent);

// Whether the policy asks for another try after this answer. `grpc_status` comes from a
// trailers-only answer, or is -1.
bool WantsRetry(const config::RetryPolicy& policy, uint16_t status, int grpc_status);

// How long to wait before try number `retry` (1 is the first retry): full jitter over an
// exponential, so that a herd spreads.
int64_t BackoffMs(const config::RetryPolicy& policy, uint32_t retry, Random& random);

// Methods that may be sent twice without doing things twice (RFC 9110 §9.2.2).
bool IsIdempotent(std::string_view method);

// The response flag and status that a failed attempt ends in when it is not tried again.
struct FailureReply {
  uint16_t status = 503;
  http::ResponseFlag flag = http::ResponseFlag::kUpstreamConnectionFailure;
  std::string_view detail;
  std::string_view message;
};
FailureReply ReplyTo(const http::StreamError& error);

}  // namespace sluice::exchange
