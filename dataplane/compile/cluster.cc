// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/cluster.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/any.h"
#include "dataplane/compile/config_source.h"
#include "dataplane/compile/data_source.h"
#include "dataplane/compile/http_options.h"
#include "dataplane/compile/load_balancing.h"
#include "dataplane/compile/upstream_http.h"
#include "envoy/extensions/clusters/dns/v3/dns_cluster.pb.h"
#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"

namespace sluice::compile {

using config::Cluster;
using envoy::config::cluster::v3::CircuitBreakers;
using envoy::extensions::clusters::dns::v3::DnsCluster;
using envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer;
using envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext;
using ClusterMessage = envoy::config::cluster::v3::Cluster;
using Discovery = Cluster::Discovery;

namespace {

constexpr int64_t kDefaultDnsRefreshMs = 5000;

absl::Status CompileDnsCluster(const ClusterMessage& cluster, Cluster& out,
                               CompileContext& context) {
  const Scope at(context, "cluster_type");
  const Scope config(context, "typed_config");
  SLUICE_ASSIGN_OR_RETURN(const DnsCluster dns,
                          UnpackAs<DnsCluster>(cluster.cluster_type().typed_config(), context));
  out.discovery =
      dns.all_addresses_in_single_endpoint() ? Discovery::kLogicalDns : Discovery::kStrictDns;
  if (dns.has_dns_refresh_rate()) {
    SLUICE_ASSIGN_OR_RETURN(out.dns_refresh_ms,
                            Milliseconds(dns.dns_refresh_rate(), "dns_refresh_rate", context));
  }
  out.respect_dns_ttl = dns.respect_dns_ttl();
  namespace common = envoy::extensions::clusters::common::dns::v3;
  switch (dns.dns_lookup_family()) {
    case common::V4_ONLY:
      out.dns_family = Cluster::DnsFamily::kV4Only;
      break;
    case common::V6_ONLY:
      out.dns_family = Cluster::DnsFamily::kV6Only;
      break;
    case common::V4_PREFERRED:
      out.dns_family = Cluster::DnsFamily::kV4Preferred;
      break;
    case common::ALL:
      out.dns_family = Cluster::DnsFamily::kAll;
      break;
    default:
      out.dns_family = Cluster::DnsFamily::kAuto;
  }
  return absl::OkStatus();
}

absl::Status CompileDns(const ClusterMessage& cluster, Cluster& out, CompileContext& context) {
  out.dns_refresh_ms = kDefaultDnsRefreshMs;
  if (cluster.has_dns_refresh_rate()) {
    SLUICE_ASSIGN_OR_RETURN(out.dns_refresh_ms,
                            Milliseconds(cluster.dns_refresh_rate(), "dns_refresh_rate", context));
  }
  out.respect_dns_ttl = cluster.respect_dns_ttl();
  switch (cluster.dns_lookup_family()) {
    case ClusterMessage::V4_ONLY:
      out.dns_family = Cluster::DnsFamily::kV4Only;
      break;
    case ClusterMessage::V6_ONLY:
      out.dns_family = Cluster::DnsFamily::kV6Only;
      break;
    case ClusterMessage::V4_PREFERRED:
      out.dns_family = Cluster::DnsFamily::kV4Preferred;
      break;
    case ClusterMessage::ALL:
      out.dns_family = Cluster::DnsFamily::kAll;
      break;
    default:
      out.dns_family = Cluster::DnsFamily::kAuto;
  }
  return absl::OkStatus();
}

absl::Status CompileDiscovery(const ClusterMessage& cluster, Cluster& out,
                              CompileContext& context) {
  SLUICE_RETURN_IF_ERROR(CompileDns(cluster, out, context));
  if (cluster.has_cluster_type()) {
    SLUICE_RETURN_IF_ERROR(CompileDnsCluster(cluster, out, context));
  } else {
    switch (cluster.type()) {
      case ClusterMessage::STRICT_DNS:
        out.discovery = Discovery::kStrictDns;
        break;
      case ClusterMessage::LOGICAL_DNS:
        out.discovery = Discovery::kLogicalDns;
        break;
      case ClusterMessage::EDS:
        out.discovery = Discovery::kEds;
        break;
      default:
        out.discovery = Discovery::kStatic;
    }
  }
  if (out.dns_refresh_ms == 0) return context.ErrorAt("dns_refresh_rate", "must be above 0");
  if (out.discovery != Discovery::kEds) return absl::OkStatus();
  const Scope at(context, "eds_cluster_config");
  out.eds_service_name = cluster.eds_cluster_config().service_name();
  return Refer(Reference::Kind::kEndpoints,
               out.eds_service_name.empty() ? out.name : out.eds_service_name,
               cluster.eds_cluster_config().eds_config(), "eds_config", context);
}

absl::Status CompileStaticEndpoints(const ClusterMessage& cluster, CompiledCluster& out,
                                    CompileContext& context) {
  const Discovery discovery = out.cluster.discovery;
  out.endpoint_rules.names =
      discovery == Discovery::kStrictDns || discovery == Discovery::kLogicalDns;
  if (discovery == Discovery::kEds) {
    if (!cluster.has_load_assignment()) return absl::OkStatus();
    return context.ErrorAt("load_assignment", "does not go with type EDS");
  }
  const Scope at(context, "load_assignment");
  SLUICE_ASSIGN_OR_RETURN(
      out.cluster.endpoints,
      CompileInlineEndpoints(cluster.load_assignment(), out.endpoint_rules, context));
  if (discovery == Discovery::kLogicalDns && out.cluster.endpoints.endpoints.size() != 1) {
    return context.Error(absl::StrCat("has ", out.cluster.endpoints.endpoints.size(),
                                      " endpoints, and LOGICAL_DNS wants one"));
  }
  return absl::OkStatus();
}

absl::Status CompileCircuitBreaker(const CircuitBreakers& breakers, config::CircuitBreaker& out,
                                   CompileContext& context) {
  out = {.max_connections = 1024,
         .max_pending = 1024,
         .max_requests = 1024,
         .max_retries = 3,
         .retry_budget_percent = std::nullopt,
         .retry_budget_min = 3};
  const auto set = [](const auto& from, bool has, uint32_t& to) {
    if (has) to = from.value();
  };
  for (int i = 0; i < breakers.thresholds_size(); ++i) {
    const CircuitBreakers::Thresholds& thresholds = breakers.thresholds(i);
    // Walk has listed the others.
    if (thresholds.priority() != envoy::config::core::v3::DEFAULT) continue;
    set(thresholds.max_connections(), thresholds.has_max_connections(), out.max_connections);
    set(thresholds.max_pending_requests(), thresholds.has_max_pending_requests(), out.max_pending);
    set(thresholds.max_requests(), thresholds.has_max_requests(), out.max_requests);
    set(thresholds.max_retries(), thresholds.has_max_retries(), out.max_retries);
    if (!thresholds.has_retry_budget()) continue;
    const auto& budget = thresholds.retry_budget();
    const double percent = budget.has_budget_percent() ? budget.budget_percent().value() : 20;
    if (!(percent >= 0 && percent <= 100)) {
      return context.ErrorAt(
          absl::StrCat("circuit_breakers.thresholds[", i, "].retry_budget.budget_percent"),
          absl::StrCat(percent, " is not within 0 and 100"));
    }
    out.retry_budget_percent = static_cast<uint32_t>(percent);
    set(budget.min_retry_concurrency(), budget.has_min_retry_concurrency(), out.retry_budget_min);
  }
  return absl::OkStatus();
}

absl::Status CompileTransport(const ClusterMessage& cluster, const UpstreamNames& names,
                              CompiledCluster& out, CompileContext& context) {
  if (!cluster.has_transport_socket()) return absl::OkStatus();
  const Scope at(context, "transport_socket");
  const Scope config(context, "typed_config");
  SLUICE_ASSIGN_OR_RETURN(const Extension extension,
                          OpenAny(cluster.transport_socket().typed_config(), context));
  if (As<RawBuffer>(extension) != nullptr) return absl::OkStatus();
  const auto* message = As<UpstreamTlsContext>(extension);
  if (message == nullptr) {
    static const std::string_view kTypes[] = {UpstreamTlsContext::descriptor()->full_name(),
                                              RawBuffer::descriptor()->full_name()};
    return context.UnknownName("transport socket type", extension.type, kTypes);
  }
  SLUICE_RETURN_IF_ERROR(context.Walk(*message));
  SLUICE_ASSIGN_OR_RETURN(CompiledUpstreamTls tls, CompileUpstreamTls(*message, context));
  tls.tls.auto_sni = names.auto_sni;
  tls.tls.auto_san_validation |= names.auto_san_validation;
  const config::TlsValidation* validation = tls.tls.common.validation.get();
  if (tls.tls.auto_san_validation && tls.secrets.validation.empty() &&
      (validation == nullptr ||
       (validation->trusted_ca_pem.empty() && !validation->system_roots))) {
    return context.ErrorAt("common_tls_context",
                           "the name is to be checked (auto_san_validation): wants trusted_ca or "
                           "system_root_certs");
  }
  std::vector<std::string>& alpn = tls.tls.common.alpn;
  if (alpn.empty()) {
    switch (out.cluster.upstream_http) {
      case Cluster::UpstreamHttp::kHttp1:
        alpn = {"http/1.1"};
        break;
      case Cluster::UpstreamHttp::kHttp2:
        alpn = {"h2"};
        break;
      case Cluster::UpstreamHttp::kAuto:
      case Cluster::UpstreamHttp::kDownstreamProtocol:
        alpn = {"h2", "http/1.1"};
        break;
    }
  }
  out.cluster.http1.tls = out.cluster.http2.tls = true;
  out.cluster.tls = std::make_shared<const config::UpstreamTls>(std::move(tls.tls));
  out.secrets = std::move(tls.secrets);
  return absl::OkStatus();
}

config::TcpKeepalive CompileKeepalive(const envoy::config::core::v3::TcpKeepalive& from) {
  config::TcpKeepalive to;
  if (from.has_keepalive_time()) to.idle_s = from.keepalive_time().value();
  if (from.has_keepalive_interval()) to.interval_s = from.keepalive_interval().value();
  if (from.has_keepalive_probes()) to.probes = from.keepalive_probes().value();
  return to;
}

}  // namespace

absl::StatusOr<CompiledCluster> CompileCluster(const ClusterMessage& cluster,
                                               std::string_view version, CompileContext& context) {
  context.Begin("cluster", cluster.name());
  SLUICE_RETURN_IF_ERROR(context.Walk(cluster));
  CompiledCluster out;
  Cluster& to = out.cluster;
  to.name = cluster.name();
  if (to.name.empty()) return context.ErrorAt("name", "is empty");
  to.version = version;
  SLUICE_RETURN_IF_ERROR(CompileDiscovery(cluster, to, context));
  SLUICE_RETURN_IF_ERROR(
      CompileLoadBalancing(cluster, to, out.endpoint_rules.locality_weighted, context));
  SLUICE_RETURN_IF_ERROR(CompileStaticEndpoints(cluster, out, context));
  to.connect_timeout_ms = 5000;
  if (cluster.has_connect_timeout()) {
    SLUICE_ASSIGN_OR_RETURN(to.connect_timeout_ms,
                            Milliseconds(cluster.connect_timeout(), "connect_timeout", context));
    if (to.connect_timeout_ms == 0) return context.ErrorAt("connect_timeout", "must be above 0");
  }
  UpstreamNames names;
  SLUICE_RETURN_IF_ERROR(CompileUpstreamHttp(cluster, to, names, context));
  SetBufferLimit(cluster.per_connection_buffer_limit_bytes().value(), to.http1, to.http2);
  SLUICE_RETURN_IF_ERROR(
      CompileCircuitBreaker(cluster.circuit_breakers(), to.circuit_breaker, context));
  SLUICE_RETURN_IF_ERROR(CompileTransport(cluster, names, out, context));
  if (cluster.upstream_connection_options().has_tcp_keepalive()) {
    to.tcp_keepalive = CompileKeepalive(cluster.upstream_connection_options().tcp_keepalive());
  }
  return out;
}

}  // namespace sluice::compile
