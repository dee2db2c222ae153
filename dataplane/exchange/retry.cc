// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/retry.h"

#include <algorithm>

namespace sluice::exchange {
namespace {

using config::RetryPolicy;
using http::ErrorKind;
using http::ResponseFlag;

bool Has(const RetryPolicy& policy, uint32_t conditions) { return (policy.on & conditions) != 0; }

bool IsConnectError(ErrorKind kind) {
  return kind == ErrorKind::kConnectFailure || kind == ErrorKind::kConnectTimeout ||
         kind == ErrorKind::kTlsFailure;
}

}  // namespace

bool WantsRetry(const RetryPolicy& policy, const http::StreamError& error, bool request_sent) {
  // Our own limits are not an endpoint's fault: trying again adds to the load that they hold off.
  if (error.kind == ErrorKind::kOverflow || error.kind == ErrorKind::kNoHealthyHost ||
      error.kind == ErrorKind::kDrained) {
    return false;
  }
  if (IsConnectError(error.kind)) {
    return Has(policy, RetryPolicy::kConnectFailure | RetryPolicy::k5xx |
                           RetryPolicy::kGatewayError | RetryPolicy::kReset);
  }
  if (error.retry == http::Retry::kSafe && Has(policy, RetryPolicy::kRefusedStream)) return true;
  if (!request_sent && Has(policy, RetryPolicy::kResetBeforeRequest)) return true;
  return Has(policy, RetryPolicy::kReset | RetryPolicy::k5xx | RetryPolicy::kGatewayError);
}

bool WantsRetry(const RetryPolicy& policy, uint16_t status, int grpc_status) {
  if (status >= 500 && Has(policy, RetryPolicy::k5xx)) return true;
  if (status >= 502 && status <= 504 && Has(policy, RetryPolicy::kGatewayError)) return true;
  if (status == 409 && Has(policy, RetryPolicy::kRetriable4xx)) return true;
  if (Has(policy, RetryPolicy::kRetriableStatusCodes) &&
      std::find(policy.status_codes.begin(), policy.status_codes.end(), status) !=
          policy.status_codes.end()) {
    return true;
  }
  switch (grpc_status) {
    case 1:
      return Has(policy, RetryPolicy::kGrpcCancelled);
    case 4:
      return Has(policy, RetryPolicy::kGrpcDeadlineExceeded);
    case 8:
      return Has(policy, RetryPolicy::kGrpcResourceExhausted);
    case 13:
      return Has(policy, RetryPolicy::kGrpcInternal);
    case 14:
      return Has(policy, RetryPolicy::kGrpcUnavailable);
    default:
      return false;
  }
}

int64_t BackoffMs(const RetryPolicy& policy, uint32_t retry, Random& random) {
  const uint32_t doublings = std::min(retry - 1, 20u);
  // Compared before the shift, so that nothing overflows.
  const int64_t ceiling = policy.base_backoff_ms > (policy.max_backoff_ms >> doublings)
                              ? policy.max_backoff_ms
                              : policy.base_backoff_ms << doublings;
  return static_cast<int64_t>(random.Below(static_cast<uint64_t>(std::max<int64_t>(ceiling, 1))));
}

bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" ||
         method == "PUT" || method == "DELETE";
}

FailureReply ReplyTo(const http::StreamError& error) {
  switch (error.kind) {
    case ErrorKind::kNoHealthyHost:
      return {503, ResponseFlag::kNoHealthyUpstream, "no-healthy-upstream",
              "No healthy endpoint is available for this route."};
    case ErrorKind::kOverflow:
      return {503, ResponseFlag::kUpstreamOverflow, "upstream-overflow",
              "The upstream's limit of connections or requests is reached."};
    case ErrorKind::kConnectFailure:
      return {503, ResponseFlag::kUpstreamConnectionFailure, "upstream-connect-failure",
              "The upstream could not be reached."};
    case ErrorKind::kConnectTimeout:
      return {503, ResponseFlag::kUpstreamConnectionFailure, "upstream-connect-timeout",
              "The upstream did not accept the connection in time."};
    case ErrorKind::kTlsFailure:
      return {503, ResponseFlag::kUpstreamConnectionFailure, "upstream-tls-failure",
              "The TLS connection to the upstream could not be made."};
    case ErrorKind::kProtocol:
    case ErrorKind::kHeadersTooLarge:
    case ErrorKind::kUnsupported:
    case ErrorKind::kVersionUnsupported:
    case ErrorKind::kFlood:
      return {502, ResponseFlag::kUpstreamProtocolError, "upstream-protocol-error",
              "The upstream's answer was not valid HTTP."};
    case ErrorKind::kReset:
      return {503, ResponseFlag::kUpstreamRemoteReset, "upstream-reset",
              "The upstream reset the request."};
    case ErrorKind::kHeaderTimeout:
    case ErrorKind::kIdleTimeout:
    case ErrorKind::kFlushTimeout:
      return {504, ResponseFlag::kUpstreamRequestTimeout, "upstream-timeout",
              "The upstream did not answer in time."};
    default:
      return {503, ResponseFlag::kUpstreamConnectionTermination, "upstream-closed",
              "The upstream closed the connection before it had answered."};
  }
}

}  // namespace sluice::exchange
