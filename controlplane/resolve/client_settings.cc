// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/client_settings.h"

#include <algorithm>

#include "api/manifest/values.h"
#include "sluice/v1alpha1/client_policy.pb.h"
#include "sluice/v1alpha1/telemetry_policy.pb.h"

namespace sluice::resolve {
namespace {

using v1alpha1::ClientPolicySpec;

void SetTime(bool has, const google::protobuf::Duration& value, absl::Duration& time) {
  if (has) time = manifest::FromProto(value);
}

void ApplyHeaders(const v1alpha1::HeaderLimits& limits, ir::ClientSettings& settings) {
  using Underscores = ir::ClientSettings::Underscores;
  if (limits.has_max_size()) settings.max_header_bytes = limits.max_size().value();
  if (limits.has_max_count()) settings.max_header_count = limits.max_count();
  if (limits.underscores() == "Allow") settings.underscores = Underscores::kAllow;
  if (limits.underscores() == "Drop") settings.underscores = Underscores::kDrop;
  if (limits.underscores() == "Reject") settings.underscores = Underscores::kReject;
}

void ApplyConnections(const v1alpha1::ClientConnections& from, ir::ClientSettings& settings) {
  if (from.has_max_connections()) settings.max_connections = from.max_connections();
  if (from.has_max_requests_per_connection()) {
    settings.max_requests_per_connection = from.max_requests_per_connection();
  }
  if (from.has_buffer_limit()) {
    settings.buffer_limit_bytes = static_cast<uint32_t>(from.buffer_limit().value());
  }
}

void ApplyTimes(const v1alpha1::ClientTimeouts& from, ir::ClientSettings& to) {
  SetTime(from.has_idle(), from.idle(), to.idle_timeout);
  SetTime(from.has_request_header(), from.request_header(), to.request_header_timeout);
  SetTime(from.has_request(), from.request(), to.request_timeout);
  SetTime(from.has_stream_idle(), from.stream_idle(), to.stream_idle_timeout);
  SetTime(from.has_max_connection_age(), from.max_connection_age(), to.max_connection_age);
  SetTime(from.has_tls_handshake(), from.tls_handshake(), to.tls_handshake_timeout);
}

void ApplyHttp2(const v1alpha1::ClientHTTP2& from, ir::ClientSettings& to) {
  if (from.has_max_concurrent_streams()) to.http2_max_streams = from.max_concurrent_streams();
  if (from.has_initial_stream_window()) {
    to.http2_stream_window = static_cast<uint32_t>(from.initial_stream_window().value());
  }
  if (from.has_initial_connection_window()) {
    to.http2_connection_window = static_cast<uint32_t>(from.initial_connection_window().value());
  }
}

void ApplyTls(const v1alpha1::ClientTLS& from, ir::ClientSettings& to) {
  if (!from.min_version().empty()) to.tls_min_version = from.min_version();
  if (!from.max_version().empty()) to.tls_max_version = from.max_version();
  // Two policies may leave no version between them: proxies would refuse that, so the nearer one,
  // which comes last, has its way. ("1.2" and "1.3" compare as text.)
  if (to.tls_min_version > to.tls_max_version) {
    if (from.max_version().empty()) {
      to.tls_max_version = to.tls_min_version;
    } else {
      to.tls_min_version = to.tls_max_version;
    }
  }
  if (from.alpn_size() > 0) to.alpn = {from.alpn().begin(), from.alpn().end()};
  if (from.cipher_suites_size() > 0) {
    to.cipher_suites = {from.cipher_suites().begin(), from.cipher_suites().end()};
  }
  if (from.groups_size() > 0) to.groups = {from.groups().begin(), from.groups().end()};
}

void ApplyPath(const v1alpha1::PathNormalization& from, ir::ClientSettings& to) {
  using Slashes = ir::ClientSettings::EscapedSlashes;
  if (from.has_normalize()) to.normalize_path = from.normalize();
  if (from.has_merge_slashes()) to.merge_slashes = from.merge_slashes();
  if (from.escaped_slashes() == "Keep") to.escaped_slashes = Slashes::kKeep;
  if (from.escaped_slashes() == "Reject") to.escaped_slashes = Slashes::kReject;
  if (from.escaped_slashes() == "Decode") to.escaped_slashes = Slashes::kDecode;
  if (from.escaped_slashes() == "DecodeAndRedirect") {
    to.escaped_slashes = Slashes::kDecodeAndRedirect;
  }
}

void Apply(const ClientPolicySpec& spec, ir::ClientSettings& settings) {
  ApplyHeaders(spec.headers(), settings);
  if (spec.body().has_max_size()) settings.max_body_bytes = spec.body().max_size().value();
  ApplyConnections(spec.connections(), settings);
  ApplyTimes(spec.timeouts(), settings);
  ApplyHttp2(spec.http2(), settings);
  if (spec.has_tls()) ApplyTls(spec.tls(), settings);
  if (spec.has_path()) ApplyPath(spec.path(), settings);
  if (spec.client_address().has_trusted_hops()) {
    settings.trusted_hops = spec.client_address().trusted_hops();
  }
}

ir::AccessLog ToIr(const v1alpha1::AccessLogSink& sink) {
  ir::AccessLog log;
  if (sink.type() == "File") log.path = sink.file().path();
  if (sink.format().type() == "Text") log.text = sink.format().text();
  if (sink.format().type() == "JSON") {
    log.json.assign(sink.format().json().begin(), sink.format().json().end());
    std::sort(log.json.begin(), log.json.end());
  }
  return log;
}

}  // namespace

ir::ClientSettings ResolveClientSettings(Facts& facts, const manifest::ObjectKey& gateway,
                                         std::string_view section) {
  ir::ClientSettings settings;
  if (const auto* policy = facts.FindPolicy<v1alpha1::ClientPolicy>(gateway, "")) {
    Apply(policy->spec(), settings);
  }
  if (section.empty()) return settings;
  if (const auto* policy = facts.FindPolicy<v1alpha1::ClientPolicy>(gateway, section)) {
    Apply(policy->spec(), settings);
  }
  return settings;
}

std::vector<ir::AccessLog> ResolveAccessLogs(Facts& facts, const manifest::ObjectKey& gateway,
                                             std::string_view section) {
  const v1alpha1::TelemetryPolicy* policy = nullptr;
  if (!section.empty()) policy = facts.FindPolicy<v1alpha1::TelemetryPolicy>(gateway, section);
  if (policy == nullptr || !policy->spec().has_access_log()) {
    policy = facts.FindPolicy<v1alpha1::TelemetryPolicy>(gateway, "");
  }
  if (policy == nullptr || !policy->spec().has_access_log()) return {ir::AccessLog{}};
  std::vector<ir::AccessLog> logs;
  const v1alpha1::AccessLog& from = policy->spec().access_log();
  if (from.disabled()) return logs;
  for (const v1alpha1::AccessLogSink& sink : from.sinks()) logs.push_back(ToIr(sink));
  if (logs.empty()) logs.emplace_back();
  return logs;
}

}  // namespace sluice::resolve
