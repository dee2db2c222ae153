// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::http {

// Whose fault it was.
enum class Side : uint8_t { kDownstream, kUpstream, kOurselves };

// Whether another try may be made without asking the route's retry policy.
enum class Retry : uint8_t {
  kNever,    // The request may have been acted on.
  kSafe,     // It certainly was not (refused stream, connect failure).
  kIfReused  // The connection was reused and closed before any byte of an answer.
};

// What ended a stream before its message was complete. A value of the request path: no strings.
enum class ErrorKind : uint8_t {
  kNone,
  kProtocol,            // Malformed message or frame.
  kHeadersTooLarge,     // Over the header limit: 431 to a client.
  kUriTooLong,          // 414 to a client.
  kBodyTooLarge,        // 413 to a client.
  kUnsupported,         // 501: an unknown transfer coding or such.
  kVersionUnsupported,  // 505.
  kHeaderTimeout,       // The head did not arrive in time: 408.
  kIdleTimeout,         // Nothing moved for too long.
  kFlushTimeout,        // The peer does not read.
  kReset,               // The peer reset the stream.
  kConnectionClosed,    // The connection went away mid-message.
  kConnectFailure,      // The upstream connection could not be made.
  kConnectTimeout,
  kTlsFailure,  // Handshake or certificate check failed.
  kOverflow,    // A circuit breaker or pool limit.
  kNoHealthyHost,
  kGoAway,   // Stream not processed by a peer that is going away.
  kFlood,    // HTTP/2 abuse; the connection is being closed.
  kDrained,  // We are shutting down.
};

struct StreamError {
  ErrorKind kind = ErrorKind::kNone;
  Side side = Side::kOurselves;
  Retry retry = Retry::kNever;
  // A stable token of kebab-case for logs and problem details ("bare-lf-in-headers"). A literal.
  std::string_view detail;
};

// Envoy's response flags: why an answer was what it was. A set, as one word.
enum class ResponseFlag : uint32_t {
  kDownstreamProtocolError = 1u << 0,           // DPE
  kUpstreamProtocolError = 1u << 1,             // UPE
  kUpstreamConnectionFailure = 1u << 2,         // UF
  kUpstreamConnectionTermination = 1u << 3,     // UC
  kUpstreamOverflow = 1u << 4,                  // UO
  kUpstreamRequestTimeout = 1u << 5,            // UT
  kUpstreamRetryLimitExceeded = 1u << 6,        // URX
  kUpstreamRemoteReset = 1u << 7,               // UR
  kNoHealthyUpstream = 1u << 8,                 // UH
  kNoRouteFound = 1u << 9,                      // NR
  kNoClusterFound = 1u << 10,                   // NC
  kDownstreamConnectionTermination = 1u << 11,  // DC
  kDownstreamRemoteReset = 1u << 12,            // DR
  kStreamIdleTimeout = 1u << 13,                // SI
  kDurationTimeout = 1u << 14,                  // DT
  kLocalReset = 1u << 15,                       // LR
  kOverloadManager = 1u << 16,                  // OM
  kRateLimited = 1u << 17,                      // RL
  kRateLimitServiceError = 1u << 18,            // RLSE
  kUnauthorizedExternalService = 1u << 19,      // UAEX
};

// The short name of one flag, as access logs print it.
std::string_view ResponseFlagName(ResponseFlag flag);

class ResponseFlags {
 public:
  void Add(ResponseFlag flag) { bits_ |= static_cast<uint32_t>(flag); }
  bool Has(ResponseFlag flag) const { return (bits_ & static_cast<uint32_t>(flag)) != 0; }
  bool empty() const { return bits_ == 0; }
  uint32_t bits() const { return bits_; }

 private:
  uint32_t bits_ = 0;
};

}  // namespace sluice::http
