// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace sluice::ir {

// How the proxies talk to clients. The defaults are what an edge wants: what is ambiguous in a
// request is refused rather than passed on.
struct ClientSettings {
  enum class Underscores : uint8_t { kAllow, kDrop, kReject };
  enum class EscapedSlashes : uint8_t { kKeep, kReject, kDecode, kDecodeAndRedirect };

  uint64_t max_header_bytes = 60 * 1024;
  uint32_t max_header_count = 100;
  Underscores underscores = Underscores::kReject;
  uint64_t max_body_bytes = 0;               // Zero: no limit.
  uint32_t max_connections = 0;              // Zero: no limit.
  uint32_t max_requests_per_connection = 0;  // Zero: no limit.
  uint32_t buffer_limit_bytes = 256 * 1024;

  // Zero: none.
  absl::Duration idle_timeout = absl::Hours(1);
  absl::Duration request_header_timeout = absl::Seconds(10);
  absl::Duration request_timeout;
  absl::Duration stream_idle_timeout = absl::Minutes(5);
  absl::Duration max_connection_age;
  absl::Duration tls_handshake_timeout = absl::Seconds(15);

  uint32_t http2_max_streams = 100;
  uint32_t http2_stream_window = 64 * 1024;
  uint32_t http2_connection_window = 1024 * 1024;

  std::string tls_min_version = "1.2";
  std::string tls_max_version = "1.3";
  std::vector<std::string> alpn = {"h2", "http/1.1"};
  std::vector<std::string> cipher_suites;  // Empty: the proxy's own.
  std::vector<std::string> groups;         // Empty: the proxy's own.

  bool normalize_path = true;
  bool merge_slashes = false;
  EscapedSlashes escaped_slashes = EscapedSlashes::kReject;
  uint32_t trusted_hops = 0;

  bool operator==(const ClientSettings&) const = default;
};

}  // namespace sluice::ir
