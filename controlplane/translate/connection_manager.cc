// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/connection_manager.h"

#include <algorithm>
#include <limits>

#include "controlplane/translate/names.h"
#include "controlplane/translate/policies.h"
#include "controlplane/translate/wire.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "envoy/extensions/filters/http/buffer/v3/buffer.pb.h"
#include "envoy/extensions/filters/http/cors/v3/cors.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"

namespace sluice::translate {
namespace {

namespace core = envoy::config::core::v3;
using envoy::config::accesslog::v3::AccessLog;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

core::HttpProtocolOptions::HeadersWithUnderscoresAction Underscores(
    ir::ClientSettings::Underscores from) {
  switch (from) {
    case ir::ClientSettings::Underscores::kAllow:
      return core::HttpProtocolOptions::ALLOW;
    case ir::ClientSettings::Underscores::kDrop:
      return core::HttpProtocolOptions::DROP_HEADER;
    case ir::ClientSettings::Underscores::kReject:
      return core::HttpProtocolOptions::REJECT_REQUEST;
  }
}

HttpConnectionManager::PathWithEscapedSlashesAction EscapedSlashes(
    ir::ClientSettings::EscapedSlashes from) {
  switch (from) {
    case ir::ClientSettings::EscapedSlashes::kKeep:
      return HttpConnectionManager::KEEP_UNCHANGED;
    case ir::ClientSettings::EscapedSlashes::kReject:
      return HttpConnectionManager::REJECT_REQUEST;
    case ir::ClientSettings::EscapedSlashes::kDecode:
      return HttpConnectionManager::UNESCAPE_AND_FORWARD;
    case ir::ClientSettings::EscapedSlashes::kDecodeAndRedirect:
      return HttpConnectionManager::UNESCAPE_AND_REDIRECT;
  }
}

void SetProtocol(const ir::ClientSettings& client, HttpConnectionManager* out) {
  core::HttpProtocolOptions* common = out->mutable_common_http_protocol_options();
  SetDuration(client.idle_timeout, common->mutable_idle_timeout());
  if (client.max_connection_age > absl::ZeroDuration()) {
    SetDuration(client.max_connection_age, common->mutable_max_connection_duration());
  }
  common->mutable_max_headers_count()->set_value(client.max_header_count);
  common->set_headers_with_underscores_action(Underscores(client.underscores));
  if (client.max_requests_per_connection > 0) {
    common->mutable_max_requests_per_connection()->set_value(client.max_requests_per_connection);
  }
  // Whole KiB on the wire; rounded up, so that what was allowed stays allowed.
  out->mutable_max_request_headers_kb()->set_value(
      static_cast<uint32_t>((client.max_header_bytes + 1023) / 1024));
  // Envoy drops HTTP/1.1 trailers unless it is told; gRPC-Web and checksums need them.
  out->mutable_http_protocol_options()->set_enable_trailers(true);
  core::Http2ProtocolOptions* http2 = out->mutable_http2_protocol_options();
  http2->mutable_max_concurrent_streams()->set_value(client.http2_max_streams);
  http2->mutable_initial_stream_window_size()->set_value(client.http2_stream_window);
  http2->mutable_initial_connection_window_size()->set_value(client.http2_connection_window);
}

void SetTimes(const ir::ClientSettings& client, HttpConnectionManager* out) {
  SetDuration(client.stream_idle_timeout, out->mutable_stream_idle_timeout());
  SetDuration(client.request_timeout, out->mutable_request_timeout());
  SetDuration(client.request_header_timeout, out->mutable_request_headers_timeout());
}

void SetPath(const ir::ClientSettings& client, HttpConnectionManager* out) {
  out->mutable_normalize_path()->set_value(client.normalize_path);
  out->set_merge_slashes(client.merge_slashes);
  out->set_path_with_escaped_slashes_action(EscapedSlashes(client.escaped_slashes));
}

void SetFormat(const ir::AccessLog& log, core::SubstitutionFormatString* format) {
  if (!log.json.empty()) {
    auto* fields = format->mutable_json_format()->mutable_fields();
    for (const auto& [name, value] : log.json) (*fields)[name].set_string_value(value);
    return;
  }
  format->mutable_text_format_source()->set_inline_string(
      log.text.back() == '\n' ? log.text : log.text + "\n");
}

void SetAccessLog(const ir::AccessLog& log, AccessLog* out) {
  const bool has_format = !log.json.empty() || !log.text.empty();
  if (log.path.empty()) {
    envoy::extensions::access_loggers::stream::v3::StdoutAccessLog config;
    if (has_format) SetFormat(log, config.mutable_log_format());
    out->set_name("envoy.access_loggers.stdout");
    Pack(config, out->mutable_typed_config());
    return;
  }
  envoy::extensions::access_loggers::file::v3::FileAccessLog config;
  config.set_path(log.path);
  if (has_format) SetFormat(log, config.mutable_log_format());
  out->set_name("envoy.access_loggers.file");
  Pack(config, out->mutable_typed_config());
}

// CORS is listed whether or not a route uses them, so that a route's wish changes the routes
// alone; where no route configures it it does nothing.
void SetFilters(const ir::ClientSettings& client, const ir::PolicyFilters& policies,
                HttpConnectionManager* out) {
  auto* cors = out->add_http_filters();
  cors->set_name("envoy.filters.http.cors");
  Pack(envoy::extensions::filters::http::cors::v3::Cors(), cors->mutable_typed_config());
  AddPolicyFilters(policies, out);
  // Bounds bodies. (Envoy gathers them for it, sluice-proxy streams.) The wire holds 32 bits: a
  // limit beyond them is kept at 4 GiB, since the other way round it would be none.
  if (client.max_body_bytes > 0) {
    envoy::extensions::filters::http::buffer::v3::Buffer limit;
    limit.mutable_max_request_bytes()->set_value(static_cast<uint32_t>(
        std::min<uint64_t>(client.max_body_bytes, std::numeric_limits<uint32_t>::max())));
    auto* buffer = out->add_http_filters();
    buffer->set_name("envoy.filters.http.buffer");
    Pack(limit, buffer->mutable_typed_config());
  }
  // The router ends the chain: it is what sends the request on.
  auto* router = out->add_http_filters();
  router->set_name("envoy.filters.http.router");
  Pack(envoy::extensions::filters::http::router::v3::Router(), router->mutable_typed_config());
}

}  // namespace

HttpConnectionManager ConnectionManager(const ir::Port& port, const ir::Listener& listener) {
  HttpConnectionManager out;
  const std::string name = RouteTableName(port, listener);
  out.set_stat_prefix(name);
  out.mutable_rds()->mutable_config_source()->mutable_ads();
  out.mutable_rds()->mutable_config_source()->set_resource_api_version(core::V3);
  out.mutable_rds()->set_route_config_name(name);
  SetProtocol(listener.client, &out);
  SetTimes(listener.client, &out);
  SetPath(listener.client, &out);
  // The proxies are the edge: the client is who connects, or who the trusted hops say it is.
  out.mutable_use_remote_address()->set_value(true);
  out.set_xff_num_trusted_hops(listener.client.trusted_hops);
  // What upstreams call themselves is not for clients to know.
  out.set_server_name("sluice");
  out.add_upgrade_configs()->set_upgrade_type("websocket");
  for (const ir::AccessLog& log : listener.access_logs) SetAccessLog(log, out.add_access_log());
  SetFilters(listener.client, listener.filters, &out);
  return out;
}

}  // namespace sluice::translate
