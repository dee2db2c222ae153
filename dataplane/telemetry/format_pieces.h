// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/http/header_id.h"
#include "dataplane/telemetry/time_format.h"

namespace sluice::telemetry {

// Envoy's operators that we know, and our own behind them; whether they are numbers in JSON. Those
// of the upstream stand together, and those of the connection: format_value.cc asks for them by
// range. X(enumerator, name, is_number)
#define SLUICE_LOG_OPERATORS(X)                                             \
  X(kStartTime, "START_TIME", false)                                        \
  X(kRequestHeader, "REQ", false)                                           \
  X(kResponseHeader, "RESP", false)                                         \
  X(kTrailer, "TRAILER", false)                                             \
  X(kProtocol, "PROTOCOL", false)                                           \
  X(kResponseCode, "RESPONSE_CODE", true)                                   \
  X(kResponseCodeDetails, "RESPONSE_CODE_DETAILS", false)                   \
  X(kConnectionTerminationDetails, "CONNECTION_TERMINATION_DETAILS", false) \
  X(kResponseFlags, "RESPONSE_FLAGS", false)                                \
  X(kResponseFlagsLong, "RESPONSE_FLAGS_LONG", false)                       \
  X(kBytesReceived, "BYTES_RECEIVED", true)                                 \
  X(kBytesSent, "BYTES_SENT", true)                                         \
  X(kRequestHeadersBytes, "REQUEST_HEADERS_BYTES", true)                    \
  X(kResponseHeadersBytes, "RESPONSE_HEADERS_BYTES", true)                  \
  X(kDuration, "DURATION", true)                                            \
  X(kRequestDuration, "REQUEST_DURATION", true)                             \
  X(kRequestTxDuration, "REQUEST_TX_DURATION", true)                        \
  X(kResponseDuration, "RESPONSE_DURATION", true)                           \
  X(kResponseTxDuration, "RESPONSE_TX_DURATION", true)                      \
  X(kUpstreamHost, "UPSTREAM_HOST", false)                                  \
  X(kUpstreamRemoteAddress, "UPSTREAM_REMOTE_ADDRESS", false)               \
  X(kUpstreamLocalAddress, "UPSTREAM_LOCAL_ADDRESS", false)                 \
  X(kUpstreamCluster, "UPSTREAM_CLUSTER", false)                            \
  X(kUpstreamClusterRaw, "UPSTREAM_CLUSTER_RAW", false)                     \
  X(kUpstreamProtocol, "UPSTREAM_PROTOCOL", false)                          \
  X(kUpstreamTransportFailure, "UPSTREAM_TRANSPORT_FAILURE_REASON", false)  \
  X(kUpstreamAttempts, "UPSTREAM_REQUEST_ATTEMPT_COUNT", true)              \
  X(kRemoteAddress, "DOWNSTREAM_REMOTE_ADDRESS", false)                     \
  X(kRemoteIp, "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", false)             \
  X(kDirectAddress, "DOWNSTREAM_DIRECT_REMOTE_ADDRESS", false)              \
  X(kDirectIp, "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT", false)      \
  X(kLocalAddress, "DOWNSTREAM_LOCAL_ADDRESS", false)                       \
  X(kLocalIp, "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", false)               \
  X(kLocalPort, "DOWNSTREAM_LOCAL_PORT", true)                              \
  X(kServerName, "REQUESTED_SERVER_NAME", false)                            \
  X(kTlsVersion, "DOWNSTREAM_TLS_VERSION", false)                           \
  X(kTlsCipher, "DOWNSTREAM_TLS_CIPHER", false)                             \
  X(kPeerSubject, "DOWNSTREAM_PEER_SUBJECT", false)                         \
  X(kRouteName, "ROUTE_NAME", false)                                        \
  X(kVirtualHostName, "VIRTUAL_HOST_NAME", false)                           \
  X(kConnectionId, "CONNECTION_ID", true)                                   \
  X(kRequestId, "REQUEST_ID", false)                                        \
  X(kStreamId, "STREAM_ID", false)                                          \
  X(kHostname, "HOSTNAME", false)                                           \
  X(kConsumer, "CONSUMER", false)                                           \
  X(kIdentityMethod, "IDENTITY_METHOD", false)                              \
  X(kIdentitySubject, "IDENTITY_SUBJECT", false)                            \
  X(kPolicyDecisions, "POLICY_DECISIONS", false)

enum class Operator : uint8_t {
  kLiteral,
#define SLUICE_LOG_OPERATOR_ENUM(id, name, is_number) id,
  SLUICE_LOG_OPERATORS(SLUICE_LOG_OPERATOR_ENUM)
#undef SLUICE_LOG_OPERATOR_ENUM
};

// A field that REQ, RESP or TRAILER names: a header, or one of HTTP/2's pseudo-headers.
struct FieldName {
  enum class Kind : uint8_t { kNone, kHeader, kMethod, kPath, kAuthority, kScheme, kStatus };
  Kind kind = Kind::kNone;
  http::HeaderId id = http::HeaderId::kOther;
  std::string name;  // Lower case.
};

// One piece of a format: text as it stands, or one operator with its arguments.
struct FormatPiece {
  Operator op = Operator::kLiteral;
  std::string literal;  // Of kLiteral; the machine's name for kHostname.
  FieldName field;
  FieldName alternative;  // Asked when `field` is missing: %REQ(A?B)%.
  std::shared_ptr<const TimeFormat> time;
  size_t max_bytes = SIZE_MAX;  // %OPERATOR:LENGTH%
};
using FormatPieces = std::vector<FormatPiece>;

// Splits `format` into pieces; neighbouring literals are one. "%%" is a percent sign.
// Errors: kInvalidArgument, naming the operator, the nearest one known, and the place.
absl::StatusOr<FormatPieces> ParseFormatPieces(std::string_view format);

}  // namespace sluice::telemetry
