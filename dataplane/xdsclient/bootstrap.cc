// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/bootstrap.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "dataplane/event/socket.h"
#include "dataplane/xdsclient/message_file.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"

namespace sluice::xdsclient {

using envoy::config::bootstrap::v3::Bootstrap;

absl::StatusOr<Bootstrap> ParseBootstrap(std::string_view text, const std::string& file) {
  Bootstrap bootstrap;
  SLUICE_RETURN_IF_ERROR(ParseMessage(text, file, bootstrap));
  return bootstrap;
}

absl::StatusOr<Bootstrap> ReadBootstrap(const std::string& file) {
  Bootstrap bootstrap;
  SLUICE_RETURN_IF_ERROR(ReadMessageFile(file, bootstrap));
  return bootstrap;
}

absl::StatusOr<Bootstrap> BootstrapFromFlags(const ControlFlags& flags) {
  const size_t colon = flags.address.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(flags.address.substr(colon + 1), &port) || port == 0 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("--control \"", flags.address, "\": wants HOST:PORT, as in 127.0.0.1:15010"));
  }
  std::string host = flags.address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const std::vector<std::string> gateway = absl::StrSplit(flags.gateway, '/');
  if (gateway.size() != 2 || gateway[0].empty() || gateway[1].empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--gateway \"", flags.gateway, "\": wants NAMESPACE/NAME"));
  }
  if (flags.cert_file.empty() != flags.key_file.empty()) {
    return absl::InvalidArgumentError("--control-cert and --control-key go together");
  }
  // Without it there is no TLS, and nobody would see the certificate.
  if (flags.ca_file.empty() && !flags.cert_file.empty()) {
    return absl::InvalidArgumentError("--control-cert wants --control-ca, which turns TLS on");
  }
  Bootstrap bootstrap;
  bootstrap.mutable_node()->set_id(flags.node_id);
  bootstrap.mutable_node()->set_cluster(flags.gateway);

  auto* cluster = bootstrap.mutable_static_resources()->add_clusters();
  cluster->set_name(std::string(kControlCluster));
  cluster->mutable_connect_timeout()->set_seconds(5);
  cluster->set_type(event::Address::FromIp(host, 1).ok()
                        ? envoy::config::cluster::v3::Cluster::STATIC
                        : envoy::config::cluster::v3::Cluster::STRICT_DNS);
  cluster->mutable_load_assignment()->set_cluster_name(cluster->name());
  auto* address = cluster->mutable_load_assignment()
                      ->add_endpoints()
                      ->add_lb_endpoints()
                      ->mutable_endpoint()
                      ->mutable_address()
                      ->mutable_socket_address();
  address->set_address(host);
  address->set_port_value(port);

  envoy::extensions::upstreams::http::v3::HttpProtocolOptions http;
  http.mutable_explicit_http_config()->mutable_http2_protocol_options();
  (*cluster->mutable_typed_extension_protocol_options())
      ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]
          .PackFrom(http);

  if (!flags.ca_file.empty()) {
    envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext tls;
    tls.set_sni(host);
    tls.set_auto_sni_san_validation(true);
    auto* common = tls.mutable_common_tls_context();
    common->add_alpn_protocols("h2");
    common->mutable_validation_context()->mutable_trusted_ca()->set_filename(flags.ca_file);
    if (!flags.cert_file.empty()) {
      auto* certificate = common->add_tls_certificates();
      certificate->mutable_certificate_chain()->set_filename(flags.cert_file);
      certificate->mutable_private_key()->set_filename(flags.key_file);
    }
    cluster->mutable_transport_socket()->set_name("tls");
    cluster->mutable_transport_socket()->mutable_typed_config()->PackFrom(tls);
  }

  auto* dynamic = bootstrap.mutable_dynamic_resources();
  dynamic->mutable_lds_config()->mutable_ads();
  dynamic->mutable_cds_config()->mutable_ads();
  auto* ads = dynamic->mutable_ads_config();
  ads->set_api_type(envoy::config::core::v3::ApiConfigSource::DELTA_GRPC);
  ads->add_grpc_services()->mutable_envoy_grpc()->set_cluster_name(cluster->name());
  WatchControlConnection(bootstrap);
  return bootstrap;
}

void WatchControlConnection(Bootstrap& bootstrap) {
  const auto& ads = bootstrap.dynamic_resources().ads_config();
  for (auto& cluster : *bootstrap.mutable_static_resources()->mutable_clusters()) {
    const bool carries_ads = std::any_of(
        ads.grpc_services().begin(), ads.grpc_services().end(),
        [&](const auto& service) { return service.envoy_grpc().cluster_name() == cluster.name(); });
    if (!carries_ads || cluster.upstream_connection_options().has_tcp_keepalive()) continue;
    auto* keepalive = cluster.mutable_upstream_connection_options()->mutable_tcp_keepalive();
    keepalive->mutable_keepalive_time()->set_value(30);
    keepalive->mutable_keepalive_interval()->set_value(5);
    keepalive->mutable_keepalive_probes()->set_value(4);
  }
}

}  // namespace sluice::xdsclient
