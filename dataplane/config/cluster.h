// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/config/tls.h"
#include "dataplane/http/codec_options.h"

namespace sluice::tls {
class ClientTlsContext;  // tls/client_context.h
}

namespace sluice::config {

enum class Health : uint8_t { kHealthy, kDegraded, kUnhealthy, kDraining };

// One address that requests can go to.
struct Endpoint {
  std::string address;  // IP literal; a host name only in DNS clusters, before resolution.
  uint16_t port = 0;
  std::string hostname;   // For auto host rewrite and health checks; empty: the address.
  uint32_t weight = 1;    // Above 0.
  uint32_t priority = 0;  // 0 is used first; at most 128.
  Health health = Health::kHealthy;
  std::string region, zone, sub_zone;  // Of its locality; empty for none.
  uint32_t locality_weight = 0;        // 0: localities are not weighted.
};

// The endpoints of a cluster: one ClusterLoadAssignment, or what DNS answered.
struct EndpointSet {
  std::string version;
  std::vector<Endpoint> endpoints;
  uint32_t overprovisioning_percent = 140;
};

// What one cluster may have open at once in the whole proxy; each worker keeps to its share
// (upstream/limits.h).
struct CircuitBreaker {
  uint32_t max_connections = 1024;
  uint32_t max_pending = 1024;  // Requests that wait for a connection.
  uint32_t max_requests = 1024;
  uint32_t max_retries = 3;                      // Unless there is a budget.
  std::optional<uint32_t> retry_budget_percent;  // Of the requests under way; 0 to 100.
  uint32_t retry_budget_min = 3;                 // So many retries in any case.
};

// Probes on a connection that has been silent; what is not set is the system's default.
struct TcpKeepalive {
  std::optional<uint32_t> idle_s;      // Silence before the first.
  std::optional<uint32_t> interval_s;  // Between them.
  std::optional<uint32_t> probes;      // Unanswered ones that end the connection.
};

// How an endpoint is chosen among those of the best priority.
enum class LbPolicy : uint8_t { kRoundRobin, kLeastRequest, kRandom };

// Where requests go that a route sends to this name, and how.
struct Cluster {
  enum class Discovery : uint8_t { kStatic, kEds, kStrictDns, kLogicalDns };
  enum class UpstreamHttp : uint8_t {
    kHttp1,
    kHttp2,
    kAuto,  // By ALPN; HTTP/1.1 without TLS.
    kDownstreamProtocol
  };

  std::string name;
  std::string version;
  Discovery discovery = Discovery::kStatic;
  std::string eds_service_name;  // Empty: `name`.
  EndpointSet endpoints;         // Static, or DNS names still to be resolved.
  int64_t dns_refresh_ms = 5000;
  bool respect_dns_ttl = false;
  enum class DnsFamily : uint8_t { kAuto, kV4Only, kV6Only, kV4Preferred, kAll };
  DnsFamily dns_family = DnsFamily::kAuto;

  LbPolicy lb_policy = LbPolicy::kRoundRobin;
  uint32_t least_request_choices = 2;
  double panic_threshold_percent = 50;

  int64_t connect_timeout_ms = 5000;
  UpstreamHttp upstream_http = UpstreamHttp::kHttp1;
  http::Http1Options http1;
  http::Http2Options http2;
  std::optional<int64_t> idle_timeout_ms = 3'600'000;  // Of pooled connections; none: never.
  std::optional<int64_t> max_connection_duration_ms;
  uint32_t max_requests_per_connection = 0;  // 0: no limit.
  CircuitBreaker circuit_breaker;
  std::shared_ptr<const UpstreamTls> tls;  // Null: plain.
  // Built from `tls` on the main thread before publishing, shared by all workers.
  std::shared_ptr<const tls::ClientTlsContext> tls_context;
  std::optional<TcpKeepalive> tcp_keepalive;
};

}  // namespace sluice::config
