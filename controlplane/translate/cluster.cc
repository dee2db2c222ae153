// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/cluster.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>

#include "controlplane/translate/wire.h"
#include "controlplane/xdsserver/type_urls.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"

namespace sluice::translate {
namespace {

namespace core = envoy::config::core::v3;
namespace tls = envoy::extensions::transport_sockets::tls::v3;
using envoy::config::cluster::v3::Cluster;
using envoy::config::endpoint::v3::ClusterLoadAssignment;
using envoy::extensions::upstreams::http::v3::HttpProtocolOptions;

enum class Http { k1, k2, kByAlpn };

Http HttpOf(const ir::Backend& backend) {
  using Version = ir::BackendTraffic::Version;
  if (backend.traffic.version == Version::kHttp1) return Http::k1;
  if (backend.traffic.version == Version::kHttp2) return Http::k2;
  if (backend.protocol == ir::Backend::Protocol::kH2c) return Http::k2;
  return backend.tls ? Http::kByAlpn : Http::k1;
}

void SetHttp(const ir::Backend& backend, Cluster* cluster) {
  const ir::BackendTraffic& traffic = backend.traffic;
  HttpProtocolOptions options;
  core::HttpProtocolOptions* common = options.mutable_common_http_protocol_options();
  SetDuration(traffic.idle_timeout, common->mutable_idle_timeout());
  if (traffic.max_connection_age > absl::ZeroDuration()) {
    SetDuration(traffic.max_connection_age, common->mutable_max_connection_duration());
  }
  if (traffic.max_requests_per_connection > 0) {
    common->mutable_max_requests_per_connection()->set_value(traffic.max_requests_per_connection);
  }
  core::Http2ProtocolOptions http2;
  http2.mutable_max_concurrent_streams()->set_value(traffic.http2_max_streams);
  switch (HttpOf(backend)) {
    case Http::k1:
      options.mutable_explicit_http_config()->mutable_http_protocol_options()->set_enable_trailers(
          true);
      break;
    case Http::k2:
      *options.mutable_explicit_http_config()->mutable_http2_protocol_options() = http2;
      break;
    case Http::kByAlpn:
      options.mutable_auto_config()->mutable_http_protocol_options()->set_enable_trailers(true);
      *options.mutable_auto_config()->mutable_http2_protocol_options() = http2;
      break;
  }
  Pack(options, &(*cluster->mutable_typed_extension_protocol_options())
                    ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]);
}

void SetTls(const ir::Backend& backend, Cluster* cluster) {
  tls::UpstreamTlsContext context;
  context.set_sni(backend.tls->hostname);
  tls::CommonTlsContext* common = context.mutable_common_tls_context();
  const Http http = HttpOf(backend);
  if (http != Http::k1) common->add_alpn_protocols("h2");
  if (http != Http::k2) common->add_alpn_protocols("http/1.1");
  tls::CertificateValidationContext* validation = common->mutable_validation_context();
  if (backend.tls->ca_pem.empty()) {
    validation->mutable_system_root_certs();
  } else {
    validation->mutable_trusted_ca()->set_inline_string(backend.tls->ca_pem);
  }
  std::vector<ir::BackendTls::Name> names = backend.tls->names;
  if (names.empty()) names.push_back({false, backend.tls->hostname});
  for (const ir::BackendTls::Name& name : names) {
    auto* matcher = validation->add_match_typed_subject_alt_names();
    matcher->set_san_type(name.is_uri ? tls::SubjectAltNameMatcher::URI
                                      : tls::SubjectAltNameMatcher::DNS);
    matcher->mutable_matcher()->set_exact(name.value);
  }
  cluster->mutable_transport_socket()->set_name("envoy.transport_sockets.tls");
  Pack(context, cluster->mutable_transport_socket()->mutable_typed_config());
}

void SetTraffic(const ir::BackendTraffic& traffic, Cluster* cluster) {
  SetDuration(traffic.connect_timeout, cluster->mutable_connect_timeout());
  if (traffic.balancing == ir::BackendTraffic::Balancing::kLeastRequest) {
    cluster->set_lb_policy(Cluster::LEAST_REQUEST);
    cluster->mutable_least_request_lb_config()->mutable_choice_count()->set_value(
        traffic.least_request_choices);
  }
  auto* limits = cluster->mutable_circuit_breakers()->add_thresholds();
  limits->mutable_max_connections()->set_value(traffic.max_connections);
  limits->mutable_max_pending_requests()->set_value(traffic.max_pending_requests);
  limits->mutable_max_requests()->set_value(traffic.max_requests);
  limits->mutable_max_retries()->set_value(traffic.max_retries);
  if (!traffic.keepalive) return;
  auto* to = cluster->mutable_upstream_connection_options()->mutable_tcp_keepalive();
  const ir::TcpKeepalive& from = *traffic.keepalive;
  if (from.probes) to->mutable_keepalive_probes()->set_value(*from.probes);
  if (from.idle_seconds) to->mutable_keepalive_time()->set_value(*from.idle_seconds);
  if (from.interval_seconds) to->mutable_keepalive_interval()->set_value(*from.interval_seconds);
}

void SetAddress(const std::string& address, uint16_t port, core::Address* to) {
  to->mutable_socket_address()->set_address(address);
  to->mutable_socket_address()->set_port_value(port);
}

void SetDns(const ir::DnsName& dns, Cluster* cluster) {
  cluster->set_type(Cluster::STRICT_DNS);
  SetDuration(dns.refresh, cluster->mutable_dns_refresh_rate());
  cluster->set_respect_dns_ttl(dns.respect_ttl);
  switch (dns.family) {
    case ir::DnsName::Family::kAuto:
      cluster->set_dns_lookup_family(Cluster::AUTO);
      break;
    case ir::DnsName::Family::kV4Only:
      cluster->set_dns_lookup_family(Cluster::V4_ONLY);
      break;
    case ir::DnsName::Family::kV6Only:
      cluster->set_dns_lookup_family(Cluster::V6_ONLY);
      break;
    case ir::DnsName::Family::kAll:
      cluster->set_dns_lookup_family(Cluster::ALL);
      break;
  }
  cluster->mutable_load_assignment()->set_cluster_name(cluster->name());
  auto* endpoint = cluster->mutable_load_assignment()->add_endpoints()->add_lb_endpoints();
  SetAddress(dns.hostname, dns.port, endpoint->mutable_endpoint()->mutable_address());
}

}  // namespace

Resource TranslateBackend(const ir::Backend& backend) {
  Cluster cluster;
  Resource resource{.type_url = xdsserver::kClusterType, .name = backend.name};
  cluster.set_name(backend.name);
  if (backend.dns) {
    SetDns(*backend.dns, &cluster);
  } else {
    cluster.set_type(Cluster::EDS);
    auto* eds = cluster.mutable_eds_cluster_config();
    eds->mutable_eds_config()->mutable_ads();
    eds->mutable_eds_config()->set_resource_api_version(core::V3);
    if (backend.endpoints != backend.name) eds->set_service_name(backend.endpoints);
    resource.follows.push_back({std::string(xdsserver::kEndpointType), backend.endpoints});
  }
  SetTraffic(backend.traffic, &cluster);
  SetHttp(backend, &cluster);
  if (backend.tls) SetTls(backend, &cluster);
  resource.value = Serialize(cluster);
  return resource;
}

Resource TranslateEndpoints(const ir::Endpoints& endpoints) {
  ClusterLoadAssignment assignment;
  assignment.set_cluster_name(endpoints.name);
  std::map<std::string, envoy::config::endpoint::v3::LocalityLbEndpoints*> by_zone;
  for (const ir::Endpoint& endpoint : endpoints.endpoints) {
    auto*& locality = by_zone[endpoint.zone];
    if (locality == nullptr) {
      locality = assignment.add_endpoints();
      if (!endpoint.zone.empty()) locality->mutable_locality()->set_zone(endpoint.zone);
    }
    auto* out = locality->add_lb_endpoints();
    SetAddress(endpoint.address, endpoint.port, out->mutable_endpoint()->mutable_address());
    if (endpoint.weight != 1) out->mutable_load_balancing_weight()->set_value(endpoint.weight);
  }
  // gRPC's clients skip a locality without a weight. The weights of all of them together are to fit
  // 32 bits, which ten thousand endpoints of the greatest weight do not.
  const uint64_t most =
      std::numeric_limits<uint32_t>::max() / std::max<uint64_t>(by_zone.size(), 1);
  for (auto& [zone, locality] : by_zone) {
    uint64_t sum = 0;
    for (const auto& endpoint : locality->lb_endpoints()) {
      sum += endpoint.has_load_balancing_weight() ? endpoint.load_balancing_weight().value() : 1;
    }
    locality->mutable_load_balancing_weight()->set_value(
        static_cast<uint32_t>(std::min(sum, most)));
  }
  return {
      .type_url = xdsserver::kEndpointType, .name = endpoints.name, .value = Serialize(assignment)};
}

}  // namespace sluice::translate
