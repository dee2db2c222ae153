// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace sluice::ir {

// When and how often a request is tried again.
struct Retry {
  uint32_t attempts = 0;              // After the first.
  std::vector<std::string> retry_on;  // As TrafficPolicy names them: "ConnectFailure".
  std::vector<uint32_t> status_codes;
  std::optional<absl::Duration> backoff_base;
  std::optional<absl::Duration> backoff_max;

  bool operator==(const Retry&) const = default;
};

// What a route says of time: the HTTPRoute's word, else the TrafficPolicies'.
struct RouteTimes {
  absl::Duration request = absl::Seconds(15);  // Zero: none.
  absl::Duration each_try;                     // Zero: none of its own.
  std::optional<absl::Duration> stream_idle;

  bool operator==(const RouteTimes&) const = default;
};

struct TcpKeepalive {
  std::optional<uint32_t> probes;
  std::optional<uint32_t> idle_seconds;
  std::optional<uint32_t> interval_seconds;

  bool operator==(const TcpKeepalive&) const = default;
};

// How the proxies talk to one backend: what is left of its TrafficPolicies when the nearest has
// won.
struct BackendTraffic {
  enum class Balancing : uint8_t { kRoundRobin, kLeastRequest };
  enum class Version : uint8_t { kAuto, kHttp1, kHttp2 };

  Balancing balancing = Balancing::kRoundRobin;
  uint32_t least_request_choices = 2;
  absl::Duration connect_timeout = absl::Seconds(5);
  uint32_t max_connections = 1024;
  uint32_t max_pending_requests = 1024;
  uint32_t max_requests = 1024;
  uint32_t max_retries = 3;
  absl::Duration idle_timeout = absl::Hours(1);  // Zero: never.
  uint32_t max_requests_per_connection = 0;      // Zero: no limit.
  absl::Duration max_connection_age;             // Zero: never.
  std::optional<TcpKeepalive> keepalive;
  Version version = Version::kAuto;
  uint32_t http2_max_streams = 100;

  bool operator==(const BackendTraffic&) const = default;
};

}  // namespace sluice::ir
