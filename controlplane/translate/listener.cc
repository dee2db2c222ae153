// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/listener.h"

#include <string>

#include "controlplane/translate/connection_manager.h"
#include "controlplane/translate/names.h"
#include "controlplane/translate/wire.h"
#include "controlplane/xdsserver/type_urls.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h"
#include "envoy/extensions/filters/network/connection_limit/v3/connection_limit.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"

namespace sluice::translate {
namespace {

namespace core = envoy::config::core::v3;
namespace tls = envoy::extensions::transport_sockets::tls::v3;
namespace xds = envoy::config::listener::v3;

tls::TlsParameters::TlsProtocol Version(const std::string& version) {
  return version == "1.3" ? tls::TlsParameters::TLSv1_3 : tls::TlsParameters::TLSv1_2;
}

void SetTls(const ir::Listener& listener, xds::FilterChain* chain) {
  tls::DownstreamTlsContext context;
  tls::CommonTlsContext* common = context.mutable_common_tls_context();
  const ir::ClientSettings& client = listener.client;
  tls::TlsParameters* params = common->mutable_tls_params();
  params->set_tls_minimum_protocol_version(Version(client.tls_min_version));
  params->set_tls_maximum_protocol_version(Version(client.tls_max_version));
  for (const std::string& suite : client.cipher_suites) params->add_cipher_suites(suite);
  for (const std::string& group : client.groups) params->add_ecdh_curves(group);
  for (const std::string& protocol : client.alpn) common->add_alpn_protocols(protocol);
  for (const std::string& name : listener.certificates) {
    tls::SdsSecretConfig* secret = common->add_tls_certificate_sds_secret_configs();
    secret->set_name(name);
    secret->mutable_sds_config()->mutable_ads();
    secret->mutable_sds_config()->set_resource_api_version(core::V3);
  }
  chain->mutable_transport_socket()->set_name("envoy.transport_sockets.tls");
  Pack(context, chain->mutable_transport_socket()->mutable_typed_config());
  SetDuration(client.tls_handshake_timeout, chain->mutable_transport_socket_connect_timeout());
}

void SetChain(const ir::Port& port, const ir::Listener& listener, xds::FilterChain* chain) {
  chain->set_name(RouteTableName(port, listener));
  for (const std::string& name : listener.server_names) {
    chain->mutable_filter_chain_match()->add_server_names(name);
  }
  if (listener.client.max_connections > 0) {
    envoy::extensions::filters::network::connection_limit::v3::ConnectionLimit limit;
    limit.set_stat_prefix(chain->name());
    limit.mutable_max_connections()->set_value(listener.client.max_connections);
    xds::Filter* first = chain->add_filters();
    first->set_name("envoy.filters.network.connection_limit");
    Pack(limit, first->mutable_typed_config());
  }
  xds::Filter* filter = chain->add_filters();
  filter->set_name("envoy.filters.network.http_connection_manager");
  Pack(ConnectionManager(port, listener), filter->mutable_typed_config());
  if (port.tls) SetTls(listener, chain);
}

void AddFollows(const ir::Port& port, Resource& resource) {
  for (const ir::Listener& listener : port.listeners) {
    resource.follows.push_back(
        {std::string(xdsserver::kRouteType), RouteTableName(port, listener)});
    for (const std::string& name : listener.certificates) {
      resource.follows.push_back({std::string(xdsserver::kSecretType), name});
    }
  }
}

// What the chains of a port share; the address and the name are still to be set.
xds::Listener ListenerOf(const ir::Port& port) {
  xds::Listener listener;
  for (const ir::Listener& from : port.listeners) {
    SetChain(port, from, listener.add_filter_chains());
  }
  // One socket has one buffer limit, so the first listener's counts.
  listener.mutable_per_connection_buffer_limit_bytes()->set_value(
      port.listeners.front().client.buffer_limit_bytes);
  if (port.tls) {
    xds::ListenerFilter* inspector = listener.add_listener_filters();
    inspector->set_name("envoy.filters.listener.tls_inspector");
    Pack(envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector(),
         inspector->mutable_typed_config());
  }
  return listener;
}

}  // namespace

std::vector<std::string> AddressesOf(const ir::Gateway& gateway) {
  if (gateway.addresses.empty()) return {"0.0.0.0", "::"};
  return gateway.addresses;
}

std::vector<Resource> TranslatePort(const ir::Gateway& gateway, const ir::Port& port) {
  std::vector<Resource> out;
  xds::Listener listener = ListenerOf(port);
  for (const std::string& address : AddressesOf(gateway)) {
    listener.set_name(ListenerName(port, address));
    core::SocketAddress* socket = listener.mutable_address()->mutable_socket_address();
    socket->set_address(address);
    socket->set_port_value(port.port);
    out.push_back({.type_url = xdsserver::kListenerType,
                   .name = listener.name(),
                   .value = Serialize(listener)});
    AddFollows(port, out.back());
  }
  return out;
}

Resource TranslateCertificate(const ir::Certificate& certificate) {
  tls::Secret secret;
  secret.set_name(certificate.name);
  tls::TlsCertificate* out = secret.mutable_tls_certificate();
  out->mutable_certificate_chain()->set_inline_string(certificate.chain_pem);
  out->mutable_private_key()->set_inline_string(certificate.key_pem);
  return {.type_url = xdsserver::kSecretType, .name = certificate.name, .value = Serialize(secret)};
}

}  // namespace sluice::translate
