// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/http_connection.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/access_log.h"
#include "dataplane/compile/config_source.h"
#include "dataplane/compile/filters.h"
#include "dataplane/compile/http_options.h"
#include "dataplane/compile/route_table.h"
#include "dataplane/http/syntax.h"
#include "dataplane/router/router.h"

namespace sluice::compile {

using config::HttpConnection;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

namespace {

absl::Status CompileCodecs(const HttpConnectionManager& manager, bool tls, HttpConnection& out,
                           CompileContext& context) {
  switch (manager.codec_type()) {
    case HttpConnectionManager::HTTP1:
      out.codec = HttpConnection::Codec::kHttp1;
      break;
    case HttpConnectionManager::HTTP2:
      out.codec = HttpConnection::Codec::kHttp2;
      break;
    default:
      out.codec = HttpConnection::Codec::kAuto;
  }
  const auto& common = manager.common_http_protocol_options();
  const uint32_t headers_kb =
      manager.has_max_request_headers_kb() ? manager.max_request_headers_kb().value() : 60;
  SLUICE_ASSIGN_OR_RETURN(out.http1.limits,
                          CompileLimits(common, headers_kb, "max_request_headers_kb", context));
  out.http2.limits = out.http1.limits;
  out.http1.underscores = out.http2.underscores = CompileUnderscores(common);
  out.http1.tls = out.http2.tls = tls;
  CompileHttp1(manager.http_protocol_options(), out.http1);
  const Scope at(context, "http2_protocol_options");
  return CompileHttp2(manager.http2_protocol_options(), out.http2, context);
}

absl::Status CompileRoutes(const HttpConnectionManager& manager, CompiledHttpConnection& out,
                           CompileContext& context) {
  if (manager.has_rds()) {
    const Scope at(context, "rds");
    SLUICE_RETURN_IF_ERROR(Refer(Reference::Kind::kRoutes, manager.rds().route_config_name(),
                                 manager.rds().config_source(), "config_source", context));
    if (manager.rds().route_config_name().empty()) {
      return context.ErrorAt("route_config_name", "is empty");
    }
    out.http.route_table_name = manager.rds().route_config_name();
    return absl::OkStatus();
  }
  if (!manager.has_route_config()) return context.Error("wants one of rds and route_config");
  const Scope at(context, "route_config");
  SLUICE_ASSIGN_OR_RETURN(CompiledRouteTable table,
                          CompileInlineRouteTable(manager.route_config(), context));
  out.http.route_table_name.clear();
  out.http.router = std::move(table.router);
  out.clusters = std::move(table.clusters);
  return absl::OkStatus();
}

absl::Status CompileTimes(const HttpConnectionManager& manager, HttpConnection& out,
                          CompileContext& context) {
  const auto read = [&](bool is_set, const google::protobuf::Duration& duration,
                        std::string_view field, int64_t unset, int64_t& ms) -> absl::Status {
    ms = unset;
    if (!is_set) return absl::OkStatus();
    SLUICE_ASSIGN_OR_RETURN(ms, Milliseconds(duration, field, context));
    return absl::OkStatus();
  };
  const auto& common = manager.common_http_protocol_options();
  SLUICE_RETURN_IF_ERROR(read(manager.has_stream_idle_timeout(), manager.stream_idle_timeout(),
                              "stream_idle_timeout", 300'000, out.stream_idle_timeout_ms));
  SLUICE_RETURN_IF_ERROR(read(manager.has_request_timeout(), manager.request_timeout(),
                              "request_timeout", 0, out.request_timeout_ms));
  SLUICE_RETURN_IF_ERROR(read(manager.has_request_headers_timeout(),
                              manager.request_headers_timeout(), "request_headers_timeout", 0,
                              out.request_headers_timeout_ms));
  SLUICE_RETURN_IF_ERROR(read(manager.has_stream_flush_timeout(), manager.stream_flush_timeout(),
                              "stream_flush_timeout", 0, out.stream_flush_timeout_ms));
  SLUICE_RETURN_IF_ERROR(read(manager.has_drain_timeout(), manager.drain_timeout(), "drain_timeout",
                              5'000, out.drain_timeout_ms));
  SLUICE_RETURN_IF_ERROR(read(manager.has_delayed_close_timeout(), manager.delayed_close_timeout(),
                              "delayed_close_timeout", 1'000, out.delayed_close_ms));
  const Scope at(context, "common_http_protocol_options");
  SLUICE_RETURN_IF_ERROR(read(common.has_idle_timeout(), common.idle_timeout(), "idle_timeout",
                              3'600'000, out.connection_idle_timeout_ms));
  SLUICE_RETURN_IF_ERROR(read(common.has_max_connection_duration(),
                              common.max_connection_duration(), "max_connection_duration", 0,
                              out.max_connection_duration_ms));
  return read(common.has_max_stream_duration(), common.max_stream_duration(), "max_stream_duration",
              0, out.max_stream_duration_ms);
}

absl::Status CompileIdentity(const HttpConnectionManager& manager, HttpConnection& out,
                             CompileContext& context) {
  out.server_name = manager.server_name().empty() ? "sluice" : manager.server_name();
  if (!http::IsFieldValue(out.server_name)) {
    return context.ErrorAt("server_name", "is no header value");
  }
  switch (manager.server_header_transformation()) {
    case HttpConnectionManager::APPEND_IF_ABSENT:
      out.server_header = HttpConnection::ServerHeader::kAppendIfAbsent;
      break;
    case HttpConnectionManager::PASS_THROUGH:
      out.server_header = HttpConnection::ServerHeader::kPassThrough;
      break;
    default:
      out.server_header = HttpConnection::ServerHeader::kOverwrite;
  }
  out.via = manager.via();
  if (!http::IsFieldValue(out.via)) return context.ErrorAt("via", "is no header value");
  out.use_remote_address = manager.use_remote_address().value();
  out.xff_trusted_hops = manager.xff_num_trusted_hops();
  out.skip_xff_append = manager.skip_xff_append();
  out.generate_request_id =
      !manager.has_generate_request_id() || manager.generate_request_id().value();
  out.preserve_external_request_id = manager.preserve_external_request_id();
  out.request_id_in_response = manager.always_set_request_id_in_response();
  return absl::OkStatus();
}

void CompilePaths(const HttpConnectionManager& manager, uint16_t port, HttpConnection& out) {
  out.path.normalize = manager.normalize_path().value();
  out.path.merge_slashes = manager.merge_slashes();
  switch (manager.path_with_escaped_slashes_action()) {
    case HttpConnectionManager::REJECT_REQUEST:
      out.path.escaped_slashes = http::EscapedSlashes::kReject;
      break;
    case HttpConnectionManager::UNESCAPE_AND_REDIRECT:
      out.path.escaped_slashes = http::EscapedSlashes::kUnescapeAndRedirect;
      break;
    case HttpConnectionManager::UNESCAPE_AND_FORWARD:
      out.path.escaped_slashes = http::EscapedSlashes::kUnescapeAndForward;
      break;
    default:
      out.path.escaped_slashes = http::EscapedSlashes::kKeep;
  }
  out.strip_any_host_port = manager.strip_any_host_port();
  out.strip_host_port.reset();
  if (manager.strip_matching_host_port()) out.strip_host_port = port;
  out.strip_trailing_host_dot = manager.strip_trailing_host_dot();
}

absl::Status CompileUpgrades(const HttpConnectionManager& manager, HttpConnection& out,
                             const CompileContext& context) {
  for (int i = 0; i < manager.upgrade_configs_size(); ++i) {
    const auto& upgrade = manager.upgrade_configs(i);
    if (!http::IsToken(upgrade.upgrade_type())) {
      return context.ErrorAt(absl::StrCat("upgrade_configs[", i, "].upgrade_type"),
                             absl::StrCat("\"", upgrade.upgrade_type(), "\" is no protocol name"));
    }
    out.upgrades.push_back({.protocol = absl::AsciiStrToLower(upgrade.upgrade_type()),
                            .enabled = !upgrade.has_enabled() || upgrade.enabled().value()});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CompiledHttpConnection> CompileHttpConnection(const HttpConnectionManager& manager,
                                                             bool tls, uint16_t port,
                                                             CompileContext& context) {
  CompiledHttpConnection out;
  HttpConnection& http = out.http;
  http.stat_prefix = manager.stat_prefix();
  SLUICE_RETURN_IF_ERROR(CompileCodecs(manager, tls, http, context));
  SLUICE_RETURN_IF_ERROR(CompileRoutes(manager, out, context));
  SLUICE_ASSIGN_OR_RETURN(CompiledFilters filters,
                          CompileHttpFilters(manager.http_filters(), context));
  http.filters = std::move(filters.filters);
  http.max_request_body_bytes = filters.max_request_body_bytes;
  SLUICE_ASSIGN_OR_RETURN(http.access_logs, CompileAccessLogs(manager.access_log(), context));
  SLUICE_RETURN_IF_ERROR(CompileUpgrades(manager, http, context));
  SLUICE_RETURN_IF_ERROR(CompileTimes(manager, http, context));
  SLUICE_RETURN_IF_ERROR(CompileIdentity(manager, http, context));
  CompilePaths(manager, port, http);
  http.max_requests_per_connection =
      manager.common_http_protocol_options().max_requests_per_connection().value();
  http.proxy_100_continue = manager.proxy_100_continue();
  return out;
}

}  // namespace sluice::compile
