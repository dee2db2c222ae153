// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/http_options.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice::compile {

using envoy::config::core::v3::Http1ProtocolOptions;
using envoy::config::core::v3::Http2ProtocolOptions;
using envoy::config::core::v3::HttpProtocolOptions;

namespace {

struct Bound {
  std::string_view field;
  uint32_t least;
  uint32_t most;
  uint32_t unset;
};

absl::Status Read(bool is_set, uint64_t value, const Bound& bound, uint32_t& out,
                  const CompileContext& context) {
  out = bound.unset;
  if (!is_set) return absl::OkStatus();
  if (value < bound.least || value > bound.most) {
    return context.ErrorAt(
        bound.field, absl::StrCat(value, " is not within ", bound.least, " and ", bound.most));
  }
  out = static_cast<uint32_t>(value);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<http::MessageLimits> CompileLimits(const HttpProtocolOptions& common,
                                                  uint32_t max_headers_kb, std::string_view field,
                                                  const CompileContext& context) {
  constexpr uint32_t kMaxKb = 8192;
  if (max_headers_kb == 0 || max_headers_kb > kMaxKb) {
    return context.ErrorAt(field, absl::StrCat(max_headers_kb, " is not within 1 and ", kMaxKb));
  }
  http::MessageLimits limits;
  limits.max_headers_bytes = max_headers_kb * 1024;
  limits.max_uri_bytes = limits.max_headers_bytes;
  limits.max_value_bytes = std::max(limits.max_value_bytes, limits.max_headers_bytes);
  limits.max_headers_count =
      common.has_max_headers_count() ? common.max_headers_count().value() : 100;
  if (limits.max_headers_count == 0) {
    return context.ErrorAt("common_http_protocol_options.max_headers_count", "must be above 0");
  }
  return limits;
}

http::UnderscorePolicy CompileUnderscores(const HttpProtocolOptions& common) {
  switch (common.headers_with_underscores_action()) {
    case HttpProtocolOptions::REJECT_REQUEST:
      return http::UnderscorePolicy::kReject;
    case HttpProtocolOptions::DROP_HEADER:
      return http::UnderscorePolicy::kDrop;
    default:
      return http::UnderscorePolicy::kAllow;
  }
}

void CompileHttp1(const Http1ProtocolOptions& options, http::Http1Options& out) {
  out.accept_http_10 = options.accept_http_10();
  out.default_host_for_http_10 = options.default_host_for_http_10();
  out.enable_trailers = options.enable_trailers();
  out.allow_chunked_length = options.allow_chunked_length();
  out.allow_absolute_url =
      !options.has_allow_absolute_url() || options.allow_absolute_url().value();
}

absl::Status CompileHttp2(const Http2ProtocolOptions& options, http::Http2Options& out,
                          CompileContext& context) {
  constexpr uint32_t kMax = UINT32_MAX;
  constexpr uint32_t kMaxWindow = 0x7fffffff;
  const http::Http2Options ours;
  const auto read = [&](bool is_set, uint64_t value, const Bound& bound, uint32_t& to) {
    return Read(is_set, value, bound, to, context);
  };
  SLUICE_RETURN_IF_ERROR(read(options.has_hpack_table_size(), options.hpack_table_size().value(),
                              {"hpack_table_size", 0, kMax, 4096}, out.header_table_size));
  SLUICE_RETURN_IF_ERROR(
      read(options.has_max_concurrent_streams(), options.max_concurrent_streams().value(),
           {"max_concurrent_streams", 1, kMaxWindow, 1024}, out.max_concurrent_streams));
  SLUICE_RETURN_IF_ERROR(
      read(options.has_initial_stream_window_size(), options.initial_stream_window_size().value(),
           {"initial_stream_window_size", 65535, kMaxWindow, ours.initial_stream_window_bytes},
           out.initial_stream_window_bytes));
  SLUICE_RETURN_IF_ERROR(read(
      options.has_initial_connection_window_size(),
      options.initial_connection_window_size().value(),
      {"initial_connection_window_size", 65535, kMaxWindow, ours.initial_connection_window_bytes},
      out.initial_connection_window_bytes));
  SLUICE_RETURN_IF_ERROR(
      read(options.has_max_outbound_control_frames(), options.max_outbound_control_frames().value(),
           {"max_outbound_control_frames", 1, kMax, 1000}, out.max_outbound_control_frames));
  SLUICE_RETURN_IF_ERROR(read(options.has_max_consecutive_inbound_frames_with_empty_payload(),
                              options.max_consecutive_inbound_frames_with_empty_payload().value(),
                              {"max_consecutive_inbound_frames_with_empty_payload", 0, kMax, 1},
                              out.max_empty_frames));
  SLUICE_RETURN_IF_ERROR(read(options.has_max_inbound_priority_frames_per_stream(),
                              options.max_inbound_priority_frames_per_stream().value(),
                              {"max_inbound_priority_frames_per_stream", 0, kMax, 100},
                              out.max_priority_frames_per_stream));
  SLUICE_RETURN_IF_ERROR(
      read(options.has_max_inbound_window_update_frames_per_data_frame_sent(),
           options.max_inbound_window_update_frames_per_data_frame_sent().value(),
           {"max_inbound_window_update_frames_per_data_frame_sent", 1, kMax, 10},
           out.max_window_updates_per_data_frame));
  SLUICE_RETURN_IF_ERROR(read(options.has_stream_reset_burst(),
                              options.stream_reset_burst().value(),
                              {"stream_reset_burst", 1, kMax, 1000}, out.stream_reset_burst));
  SLUICE_RETURN_IF_ERROR(read(options.has_stream_reset_rate(), options.stream_reset_rate().value(),
                              {"stream_reset_rate", 1, kMax, 33}, out.stream_reset_per_second));
  out.max_continuation_frames = ours.max_continuation_frames;
  out.allow_connect = options.allow_connect();
  return absl::OkStatus();
}

void SetBufferLimit(uint32_t limit_bytes, http::Http1Options& http1, http::Http2Options& http2) {
  constexpr uint32_t kLeastBytes = 16 * 1024;
  if (limit_bytes == 0) return;
  http1.limits.stream_buffer_bytes = std::max(limit_bytes, kLeastBytes);
  http2.limits.stream_buffer_bytes = http1.limits.stream_buffer_bytes;
}

}  // namespace sluice::compile
