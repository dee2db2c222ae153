// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/config/access_log.h"
#include "dataplane/config/route.h"
#include "dataplane/config/tls.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http/path.h"

namespace sluice::router {
class Router;  // Compiled RouteTable (router/router.h).
}

namespace sluice::tls {
class ServerTlsContext;  // tls/server_context.h
}

namespace sluice::config {

// One filter of the chain, in configured order.
struct HttpFilter {
  std::string name;  // The label; key of overrides.
  std::string type;  // Of the message: which filter it is.
  std::shared_ptr<const FilterConfig> config;
  bool disabled = false;  // Until an override enables it.
};

// What an HTTP connection manager does, whole.
struct HttpConnection {
  enum class Codec : uint8_t { kAuto, kHttp1, kHttp2 };
  enum class ServerHeader : uint8_t { kOverwrite, kAppendIfAbsent, kPassThrough };

  std::string stat_prefix;
  Codec codec = Codec::kAuto;
  http::Http1Options http1;
  http::Http2Options http2;

  std::string route_table_name;  // For RDS; the table itself is bound when published.
  std::shared_ptr<const router::Router> router;  // Null until known: 404 with NR.

  std::vector<HttpFilter> filters;
  std::vector<std::shared_ptr<const AccessLog>> access_logs;
  std::vector<UpgradeRule> upgrades;

  std::string server_name = "sluice";
  ServerHeader server_header = ServerHeader::kOverwrite;
  std::string via;

  // Who the client is.
  bool use_remote_address = true;  // We are the edge: the peer is the client.
  uint32_t xff_trusted_hops = 0;
  bool skip_xff_append = false;
  bool generate_request_id = true;
  bool preserve_external_request_id = false;
  bool request_id_in_response = false;

  // Paths.
  http::PathOptions path;
  bool strip_any_host_port = false;
  std::optional<uint32_t> strip_host_port;  // If the port is this one.
  bool strip_trailing_host_dot = false;

  // Times, in ms; 0 for none.
  int64_t stream_idle_timeout_ms = 300'000;
  int64_t request_timeout_ms = 0;  // Whole request received.
  int64_t request_headers_timeout_ms = 10'000;
  int64_t connection_idle_timeout_ms = 3'600'000;
  int64_t max_connection_duration_ms = 0;
  int64_t max_stream_duration_ms = 0;
  int64_t stream_flush_timeout_ms = 0;  // 0: stream_idle_timeout_ms.
  int64_t drain_timeout_ms = 5'000;
  int64_t delayed_close_ms = 1'000;
  uint32_t max_requests_per_connection = 0;
  uint64_t max_request_body_bytes = 0;  // 0: no limit.
  bool proxy_100_continue = false;      // Else we answer Expect ourselves.
};

// When a filter chain is chosen. Empty members match everything. Order of importance as Envoy's.
struct FilterChainMatch {
  std::optional<uint32_t> destination_port;
  std::vector<std::string> server_names;  // Exact or "*.suffix", lower case.
  std::string transport_protocol;         // "tls", "raw_buffer" or empty.
  std::vector<std::string> application_protocols;
  struct Cidr {
    std::string address;
    uint32_t prefix_len = 0;
    bool operator==(const Cidr&) const = default;
  };
  std::vector<Cidr> source_prefixes;
  bool operator==(const FilterChainMatch&) const = default;
};

struct FilterChain {
  std::string name;
  FilterChainMatch match;
  std::shared_ptr<const DownstreamTls> tls;  // Null: plain.
  // Built from `tls` on the main thread before publishing, shared by all workers.
  std::shared_ptr<const tls::ServerTlsContext> tls_context;
  std::shared_ptr<const HttpConnection> http;
  int64_t transport_connect_timeout_ms = 10'000;
  uint32_t max_connections = 0;  // At once, all workers together; 0: no limit.
};

struct Listener {
  std::string name;
  std::string version;
  struct Address {
    std::string address;  // IP literal.
    uint16_t port = 0;
    auto operator<=>(const Address&) const = default;
  };
  std::vector<Address> addresses;
  std::vector<FilterChain> filter_chains;
  std::optional<FilterChain> default_filter_chain;
  uint32_t backlog = 1024;
};

}  // namespace sluice::config
