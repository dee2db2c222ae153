// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/http/codec_options.h"
#include "envoy/config/core/v3/protocol.pb.h"

namespace sluice::compile {

// What both codecs share, from HttpProtocolOptions and the size of a head; unset is Envoy's default
// (60 KiB, 100 fields).
absl::StatusOr<http::MessageLimits> CompileLimits(
    const envoy::config::core::v3::HttpProtocolOptions& common, uint32_t max_headers_kb,
    std::string_view field, const CompileContext& context);

http::UnderscorePolicy CompileUnderscores(
    const envoy::config::core::v3::HttpProtocolOptions& common);

// The limits must be set already; the rest is, here, and unset is Envoy's default. Windows have no
// default of Envoy's that means anything to a peer, so theirs is ours.
void CompileHttp1(const envoy::config::core::v3::Http1ProtocolOptions& options,
                  http::Http1Options& out);
absl::Status CompileHttp2(const envoy::config::core::v3::Http2ProtocolOptions& options,
                          http::Http2Options& out, CompileContext& context);

// What a stream may have queued before its source is asked to wait, from a listener's or cluster's
// per_connection_buffer_limit_bytes; 0 (not said, or Envoy's "no limit") leaves the codecs' own. At
// least one frame of HTTP/2 must fit.
void SetBufferLimit(uint32_t limit_bytes, http::Http1Options& http1, http::Http2Options& http2);

}  // namespace sluice::compile
