// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::http {

// The field names that the proxy itself looks at, so that a look-up compares one byte and not a
// string. Names are lower case.
#define SLUICE_HTTP_HEADERS(X)                                          \
  X(kAccept, "accept")                                                  \
  X(kAcceptEncoding, "accept-encoding")                                 \
  X(kAccessControlAllowCredentials, "access-control-allow-credentials") \
  X(kAccessControlAllowHeaders, "access-control-allow-headers")         \
  X(kAccessControlAllowMethods, "access-control-allow-methods")         \
  X(kAccessControlAllowOrigin, "access-control-allow-origin")           \
  X(kAccessControlExposeHeaders, "access-control-expose-headers")       \
  X(kAccessControlMaxAge, "access-control-max-age")                     \
  X(kAccessControlRequestHeaders, "access-control-request-headers")     \
  X(kAccessControlRequestMethod, "access-control-request-method")       \
  X(kAuthorization, "authorization")                                    \
  X(kCacheControl, "cache-control")                                     \
  X(kConnection, "connection")                                          \
  X(kContentLength, "content-length")                                   \
  X(kContentType, "content-type")                                       \
  X(kCookie, "cookie")                                                  \
  X(kDate, "date")                                                      \
  X(kExpect, "expect")                                                  \
  X(kForwarded, "forwarded")                                            \
  X(kGrpcMessage, "grpc-message")                                       \
  X(kGrpcStatus, "grpc-status")                                         \
  X(kGrpcTimeout, "grpc-timeout")                                       \
  X(kHost, "host")                                                      \
  X(kHttp2Settings, "http2-settings")                                   \
  X(kKeepAlive, "keep-alive")                                           \
  X(kLocation, "location")                                              \
  X(kOrigin, "origin")                                                  \
  X(kProxyConnection, "proxy-connection")                               \
  X(kReferer, "referer")                                                \
  X(kRetryAfter, "retry-after")                                         \
  X(kServer, "server")                                                  \
  X(kSetCookie, "set-cookie")                                           \
  X(kTe, "te")                                                          \
  X(kTrailer, "trailer")                                                \
  X(kTransferEncoding, "transfer-encoding")                             \
  X(kUpgrade, "upgrade")                                                \
  X(kUserAgent, "user-agent")                                           \
  X(kVary, "vary")                                                      \
  X(kVia, "via")                                                        \
  X(kXEnvoyAttemptCount, "x-envoy-attempt-count")                       \
  X(kXEnvoyOriginalPath, "x-envoy-original-path")                       \
  X(kXEnvoyUpstreamServiceTime, "x-envoy-upstream-service-time")        \
  X(kXForwardedClientCert, "x-forwarded-client-cert")                   \
  X(kXForwardedFor, "x-forwarded-for")                                  \
  X(kXForwardedHost, "x-forwarded-host")                                \
  X(kXForwardedPort, "x-forwarded-port")                                \
  X(kXForwardedProto, "x-forwarded-proto")                              \
  X(kXRequestId, "x-request-id")

enum class HeaderId : uint8_t {
  kOther = 0,
#define SLUICE_HTTP_HEADER_ENUM(id, name) id,
  SLUICE_HTTP_HEADERS(SLUICE_HTTP_HEADER_ENUM)
#undef SLUICE_HTTP_HEADER_ENUM
      kCount,
};

// The id of a lower-case name; kOther for every name that is not in the list above.
HeaderId FindHeaderId(std::string_view lower_case_name);

// The name of an id. Empty for kOther.
std::string_view HeaderName(HeaderId id);

}  // namespace sluice::http
