// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace sluice::http {

// What both codecs limit. Defaults are what sluice-control writes.
struct MessageLimits {
  uint32_t max_headers_bytes = 60 * 1024;     // Request line, names, values, trailers; 431 beyond.
  uint32_t max_headers_count = 100;           // 431 beyond.
  uint32_t max_uri_bytes = 60 * 1024;         // 414 beyond.
  uint32_t max_name_bytes = 255;              // One field name; 431 beyond.
  uint32_t max_value_bytes = 64 * 1024 - 1;   // One field value; 431 beyond.
  uint32_t stream_buffer_bytes = 256 * 1024;  // High-water mark of queued output, a stream.
};

// What becomes of a request with an underscore in a field name, which some servers take for a
// hyphen: kReject refuses the request, kDrop leaves the field out. Responses pass.
enum class UnderscorePolicy : uint8_t { kAllow, kReject, kDrop };

struct Http1Options {
  MessageLimits limits;
  bool accept_http_10 = false;           // Else 505 (RFC 9110 §15.6.6), where Envoy says 426.
  std::string default_host_for_http_10;  // Of a request without Host; empty: 400.
  bool enable_trailers = true;
  bool allow_chunked_length = false;  // H1-01: TE wins over CL, instead of 400.
  bool allow_absolute_url = true;
  bool strict_absolute_host = true;                // H1-23: absolute-form with another Host is 400.
  uint32_t max_chunk_ext_bytes = 1024;             // Of one chunk; 400 beyond.
  uint32_t max_chunk_ext_total_bytes = 16 * 1024;  // Of one message; 400 beyond.
  uint8_t max_informational = 8;                   // Client side, UP-05.
  UnderscorePolicy underscores = UnderscorePolicy::kAllow;
  bool tls = false;  // What RequestHead::scheme says.
};

struct Http2Options {
  MessageLimits limits;
  uint32_t header_table_size = 4096;
  uint32_t max_concurrent_streams = 100;
  uint32_t initial_stream_window_bytes = 256 * 1024;
  uint32_t initial_connection_window_bytes = 1024 * 1024;
  uint32_t max_outbound_control_frames = 1000;
  uint32_t max_empty_frames = 1;  // Consecutive, without END_STREAM.
  uint32_t max_priority_frames_per_stream = 100;
  uint32_t max_window_updates_per_data_frame = 10;
  uint32_t max_continuation_frames = 8;
  // H2-13: resets that the client made or brought about, at once and in the long run.
  uint32_t stream_reset_burst = 200;
  uint32_t stream_reset_per_second = 7;
  bool allow_connect = false;  // Extended CONNECT (RFC 8441).
  UnderscorePolicy underscores = UnderscorePolicy::kAllow;
  bool tls = false;  // Decides what `:scheme` may say (H2-06).
};

}  // namespace sluice::http
