// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/listener.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/any.h"
#include "dataplane/compile/data_source.h"
#include "dataplane/compile/http_connection.h"
#include "dataplane/compile/http_options.h"
#include "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h"
#include "envoy/extensions/filters/network/connection_limit/v3/connection_limit.pb.h"
#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"

namespace sluice::compile {

using envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector;
using envoy::extensions::filters::network::connection_limit::v3::ConnectionLimit;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer;
using envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext;
using FilterChainMessage = envoy::config::listener::v3::FilterChain;
using ListenerMessage = envoy::config::listener::v3::Listener;

namespace {

// BoringSSL reads no longer a hello than this, and Envoy's default is the same.
constexpr uint32_t kMaxClientHello = 16 * 1024;

struct Names {
  std::set<std::string> route_tables;
  std::set<std::string> secrets;
  std::set<std::string> clusters;
};

absl::Status CompileAddresses(const ListenerMessage& listener, config::Listener& out,
                              CompileContext& context) {
  const auto add = [&](const envoy::config::core::v3::Address& address) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(SocketAddress read, ReadAddress(address, /*names=*/false, context));
    out.addresses.push_back({std::move(read.address), read.port});
    return absl::OkStatus();
  };
  SLUICE_RETURN_IF_ERROR(add(listener.address()));
  for (int i = 0; i < listener.additional_addresses_size(); ++i) {
    const Scope at(context, "additional_addresses", i);
    SLUICE_RETURN_IF_ERROR(add(listener.additional_addresses(i).address()));
  }
  return absl::OkStatus();
}

absl::Status CheckListenerFilters(const ListenerMessage& listener, CompileContext& context) {
  for (int i = 0; i < listener.listener_filters_size(); ++i) {
    const Scope at(context, "listener_filters", i);
    const Scope config(context, "typed_config");
    SLUICE_ASSIGN_OR_RETURN(
        const TlsInspector inspector,
        UnpackAs<TlsInspector>(listener.listener_filters(i).typed_config(), context));
    if (inspector.has_max_client_hello_size() &&
        inspector.max_client_hello_size().value() != kMaxClientHello) {
      return context.ErrorAt("max_client_hello_size",
                             absl::StrCat(inspector.max_client_hello_size().value(),
                                          " cannot be kept: the limit is ", kMaxClientHello));
    }
  }
  return absl::OkStatus();
}

absl::Status CompileMatch(const FilterChainMessage& chain, config::FilterChainMatch& out,
                          CompileContext& context) {
  const Scope at(context, "filter_chain_match");
  const auto& match = chain.filter_chain_match();
  if (match.has_destination_port()) out.destination_port = match.destination_port().value();
  for (int i = 0; i < match.server_names_size(); ++i) {
    std::string name = absl::AsciiStrToLower(match.server_names(i));
    const size_t star = name.find('*');
    const bool suffix = name.size() > 2 && name[0] == '*' && name[1] == '.';
    if (name.empty() || (star != std::string::npos && !(suffix && name.rfind('*') == 0))) {
      return context.ErrorAt(absl::StrCat("server_names[", i, "]"),
                             absl::StrCat("\"", name, "\" is neither a name nor \"*.\" and one"));
    }
    out.server_names.push_back(std::move(name));
  }
  out.transport_protocol = match.transport_protocol();
  if (!out.transport_protocol.empty() && out.transport_protocol != "tls" &&
      out.transport_protocol != "raw_buffer") {
    static constexpr std::string_view kProtocols[] = {"tls", "raw_buffer"};
    const Scope field(context, "transport_protocol");
    return context.UnknownName("protocol", out.transport_protocol, kProtocols);
  }
  out.application_protocols.assign(match.application_protocols().begin(),
                                   match.application_protocols().end());
  return absl::OkStatus();
}

absl::Status CompileTransport(const FilterChainMessage& chain, config::FilterChain& out,
                              SecretRefs& secrets, CompileContext& context) {
  if (!chain.has_transport_socket()) return absl::OkStatus();
  const Scope at(context, "transport_socket");
  const Scope config(context, "typed_config");
  SLUICE_ASSIGN_OR_RETURN(const Extension extension,
                          OpenAny(chain.transport_socket().typed_config(), context));
  if (As<RawBuffer>(extension) != nullptr) return absl::OkStatus();
  const auto* tls = As<DownstreamTlsContext>(extension);
  if (tls == nullptr) {
    static const std::string_view kTypes[] = {DownstreamTlsContext::descriptor()->full_name(),
                                              RawBuffer::descriptor()->full_name()};
    return context.UnknownName("transport socket type", extension.type, kTypes);
  }
  SLUICE_RETURN_IF_ERROR(context.Walk(*tls));
  SLUICE_ASSIGN_OR_RETURN(CompiledDownstreamTls compiled, CompileDownstreamTls(*tls, context));
  out.tls = std::make_shared<const config::DownstreamTls>(std::move(compiled.tls));
  secrets = std::move(compiled.secrets);
  return absl::OkStatus();
}

absl::Status CompileConnectionLimit(const ConnectionLimit& limit, config::FilterChain& out,
                                    CompileContext& context) {
  SLUICE_RETURN_IF_ERROR(context.Walk(limit));
  const uint64_t wanted = limit.max_connections().value();
  if (wanted == 0) return context.ErrorAt("max_connections", "must be at least 1");
  if (limit.has_runtime_enabled() && !limit.runtime_enabled().default_value().value()) {
    return absl::OkStatus();
  }
  // More than 2^32 connections have no descriptors anyway.
  const uint32_t most =
      static_cast<uint32_t>(std::min<uint64_t>(wanted, std::numeric_limits<uint32_t>::max()));
  out.max_connections = out.max_connections == 0 ? most : std::min(out.max_connections, most);
  return absl::OkStatus();
}

// What of a listener its filter chains are compiled with.
struct OfListener {
  uint16_t port = 0;
  uint32_t buffer_limit_bytes = 0;  // 0: not said.
};

absl::Status CompileManager(const HttpConnectionManager& manager, const OfListener& listener,
                            config::FilterChain& out, Names& names, CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(
      CompiledHttpConnection compiled,
      CompileHttpConnection(manager, out.tls != nullptr, listener.port, context));
  SetBufferLimit(listener.buffer_limit_bytes, compiled.http.http1, compiled.http.http2);
  if (!compiled.http.route_table_name.empty()) {
    names.route_tables.insert(compiled.http.route_table_name);
  }
  names.clusters.insert(compiled.clusters.begin(), compiled.clusters.end());
  out.http = std::make_shared<const config::HttpConnection>(std::move(compiled.http));
  return absl::OkStatus();
}

// Limits, then the one that treats the requests.
absl::Status CompileFilters(const FilterChainMessage& chain, const OfListener& listener,
                            config::FilterChain& out, Names& names, CompileContext& context) {
  for (int i = 0; i < chain.filters_size(); ++i) {
    const Scope at(context, "filters", i);
    const Scope config(context, "typed_config");
    const bool is_last = i + 1 == chain.filters_size();
    if (!is_last) {
      SLUICE_ASSIGN_OR_RETURN(const ConnectionLimit limit,
                              UnpackAs<ConnectionLimit>(chain.filters(i).typed_config(), context));
      SLUICE_RETURN_IF_ERROR(CompileConnectionLimit(limit, out, context));
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(
        const HttpConnectionManager manager,
        UnpackAs<HttpConnectionManager>(chain.filters(i).typed_config(), context));
    return CompileManager(manager, listener, out, names, context);
  }
  return context.ErrorAt("filters", "is empty, wants an HttpConnectionManager");
}

absl::StatusOr<config::FilterChain> CompileChain(const FilterChainMessage& chain,
                                                 const OfListener& listener,
                                                 std::vector<SecretRefs>& chain_secrets,
                                                 Names& names, CompileContext& context) {
  config::FilterChain out;
  out.name = chain.name();
  SLUICE_RETURN_IF_ERROR(CompileMatch(chain, out.match, context));
  SecretRefs& secrets = chain_secrets.emplace_back();
  SLUICE_RETURN_IF_ERROR(CompileTransport(chain, out, secrets, context));
  names.secrets.insert(secrets.certificates.begin(), secrets.certificates.end());
  if (!secrets.validation.empty()) names.secrets.insert(secrets.validation);
  SLUICE_RETURN_IF_ERROR(CompileFilters(chain, listener, out, names, context));
  out.transport_connect_timeout_ms = 0;  // Unset: none of its own.
  if (chain.has_transport_socket_connect_timeout()) {
    SLUICE_ASSIGN_OR_RETURN(out.transport_connect_timeout_ms,
                            Milliseconds(chain.transport_socket_connect_timeout(),
                                         "transport_socket_connect_timeout", context));
  }
  return out;
}

// Every combination that a match stands for: two chains with one in common could not be told apart.
std::vector<std::string> Combinations(const config::FilterChainMatch& match) {
  const std::vector<std::string> any = {""};
  std::vector<std::string> out;
  for (const std::string& name : match.server_names.empty() ? any : match.server_names) {
    for (const std::string& protocol :
         match.application_protocols.empty() ? any : match.application_protocols) {
      out.push_back(absl::StrCat(match.destination_port.value_or(0), "\n", name, "\n",
                                 match.transport_protocol, "\n", protocol));
    }
  }
  return out;
}

absl::Status CompileChains(const ListenerMessage& listener, CompiledListener& out, Names& names,
                           CompileContext& context) {
  const OfListener common{
      .port = out.listener.addresses.front().port,
      .buffer_limit_bytes = listener.per_connection_buffer_limit_bytes().value()};
  std::set<std::string> seen;
  for (int i = 0; i < listener.filter_chains_size(); ++i) {
    const Scope at(context, "filter_chains", i);
    SLUICE_ASSIGN_OR_RETURN(
        config::FilterChain chain,
        CompileChain(listener.filter_chains(i), common, out.chain_secrets, names, context));
    for (std::string& key : Combinations(chain.match)) {
      if (!seen.insert(std::move(key)).second) {
        return context.ErrorAt("filter_chain_match", "is also that of an earlier filter chain");
      }
    }
    out.listener.filter_chains.push_back(std::move(chain));
  }
  if (listener.has_default_filter_chain()) {
    const Scope at(context, "default_filter_chain");
    SLUICE_ASSIGN_OR_RETURN(
        config::FilterChain chain,
        CompileChain(listener.default_filter_chain(), common, out.chain_secrets, names, context));
    out.listener.default_filter_chain = std::move(chain);
  }
  if (out.chain_secrets.empty()) {
    return context.ErrorAt("filter_chains", "wants one or more, or a default_filter_chain");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CompiledListener> CompileListener(const ListenerMessage& listener,
                                                 std::string_view version,
                                                 CompileContext& context) {
  context.Begin("listener", listener.name());
  SLUICE_RETURN_IF_ERROR(context.Walk(listener));
  CompiledListener out;
  config::Listener& to = out.listener;
  to.name = listener.name();
  to.version = version;
  SLUICE_RETURN_IF_ERROR(CompileAddresses(listener, to, context));
  SLUICE_RETURN_IF_ERROR(CheckListenerFilters(listener, context));
  Names names;
  SLUICE_RETURN_IF_ERROR(CompileChains(listener, out, names, context));
  // The kernel cuts it to net.core.somaxconn, which is what Envoy asks for where nothing is said.
  to.backlog = listener.has_tcp_backlog_size() ? listener.tcp_backlog_size().value() : 4096;
  out.route_tables.assign(names.route_tables.begin(), names.route_tables.end());
  out.secrets.assign(names.secrets.begin(), names.secrets.end());
  out.clusters.assign(names.clusters.begin(), names.clusters.end());
  out.needs_consumers = context.needs_consumers();
  return out;
}

}  // namespace sluice::compile
