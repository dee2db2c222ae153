// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/upstream_http.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/any.h"
#include "dataplane/compile/http_options.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"

namespace sluice::compile {

using config::Cluster;
using envoy::extensions::upstreams::http::v3::HttpProtocolOptions;
using ClusterMessage = envoy::config::cluster::v3::Cluster;
using CommonOptions = envoy::config::core::v3::HttpProtocolOptions;

namespace {

absl::Status CompileCommon(const CommonOptions& common, Cluster& out, CompileContext& context) {
  const Scope at(context, "common_http_protocol_options");
  const uint32_t headers_kb =
      common.has_max_response_headers_kb() ? common.max_response_headers_kb().value() : 60;
  SLUICE_ASSIGN_OR_RETURN(out.http1.limits,
                          CompileLimits(common, headers_kb, "max_response_headers_kb", context));
  out.http2.limits = out.http1.limits;
  out.http1.underscores = out.http2.underscores = CompileUnderscores(common);
  out.idle_timeout_ms = 3'600'000;
  if (common.has_idle_timeout()) {
    SLUICE_ASSIGN_OR_RETURN(const int64_t idle,
                            Milliseconds(common.idle_timeout(), "idle_timeout", context));
    out.idle_timeout_ms = idle;
    if (idle == 0) out.idle_timeout_ms.reset();
  }
  out.max_connection_duration_ms.reset();
  if (common.has_max_connection_duration()) {
    SLUICE_ASSIGN_OR_RETURN(
        out.max_connection_duration_ms,
        Milliseconds(common.max_connection_duration(), "max_connection_duration", context));
  }
  if (common.has_max_stream_duration()) {
    context.List("max_stream_duration", "max_stream_duration of a cluster");
  }
  if (common.has_max_requests_per_connection()) {
    out.max_requests_per_connection = common.max_requests_per_connection().value();
  }
  return absl::OkStatus();
}

template <typename Options>
absl::Status CompileBoth(const Options& options, Cluster& out, CompileContext& context) {
  CompileHttp1(options.http_protocol_options(), out.http1);
  const Scope at(context, "http2_protocol_options");
  return CompileHttp2(options.http2_protocol_options(), out.http2, context);
}

absl::Status CompileProtocol(const HttpProtocolOptions& options, Cluster& out,
                             CompileContext& context) {
  switch (options.upstream_protocol_options_case()) {
    case HttpProtocolOptions::kExplicitHttpConfig: {
      const auto& explicit_config = options.explicit_http_config();
      out.upstream_http = explicit_config.has_http2_protocol_options()
                              ? Cluster::UpstreamHttp::kHttp2
                              : Cluster::UpstreamHttp::kHttp1;
      const Scope at(context, "explicit_http_config");
      return CompileBoth(explicit_config, out, context);
    }
    case HttpProtocolOptions::kUseDownstreamProtocolConfig: {
      out.upstream_http = Cluster::UpstreamHttp::kDownstreamProtocol;
      const Scope at(context, "use_downstream_protocol_config");
      return CompileBoth(options.use_downstream_protocol_config(), out, context);
    }
    case HttpProtocolOptions::kAutoConfig: {
      out.upstream_http = Cluster::UpstreamHttp::kAuto;
      const Scope at(context, "auto_config");
      return CompileBoth(options.auto_config(), out, context);
    }
    case HttpProtocolOptions::UPSTREAM_PROTOCOL_OPTIONS_NOT_SET:
      break;
  }
  return context.Error(
      "wants one of explicit_http_config, use_downstream_protocol_config and auto_config");
}

}  // namespace

absl::Status CompileUpstreamHttp(const ClusterMessage& cluster, Cluster& out, UpstreamNames& names,
                                 CompileContext& context) {
  static constexpr std::string_view kKey[] = {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"};
  out.max_requests_per_connection = cluster.max_requests_per_connection().value();
  const HttpProtocolOptions* found = nullptr;
  HttpProtocolOptions options;
  for (const auto& [key, any] : cluster.typed_extension_protocol_options()) {
    const Scope at(context, "typed_extension_protocol_options", key);
    if (key != kKey[0]) return context.UnknownName("extension", key, kKey);
    SLUICE_ASSIGN_OR_RETURN(options, UnpackAs<HttpProtocolOptions>(any, context));
    found = &options;
  }
  if (found == nullptr) {
    SLUICE_RETURN_IF_ERROR(CompileCommon(cluster.common_http_protocol_options(), out, context));
    out.upstream_http = cluster.has_http2_protocol_options() ? Cluster::UpstreamHttp::kHttp2
                                                             : Cluster::UpstreamHttp::kHttp1;
    return CompileBoth(cluster, out, context);
  }
  const Scope at(context, "typed_extension_protocol_options", kKey[0]);
  SLUICE_RETURN_IF_ERROR(CompileCommon(options.common_http_protocol_options(), out, context));
  names.auto_sni = options.upstream_http_protocol_options().auto_sni();
  names.auto_san_validation = options.upstream_http_protocol_options().auto_san_validation();
  return CompileProtocol(options, out, context);
}

}  // namespace sluice::compile
