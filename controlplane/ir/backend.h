// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/ir/source.h"
#include "controlplane/ir/traffic.h"

namespace sluice::ir {

// One server.
struct Endpoint {
  std::string address;  // IP literal.
  uint16_t port = 0;
  uint32_t weight = 1;
  std::string zone;

  auto operator<=>(const Endpoint&) const = default;
};

// The servers of a backend. They change far more often than all else, so they are a piece of their
// own: several backends may use one.
struct Endpoints {
  std::string name;
  std::vector<Endpoint> endpoints;  // Sorted, each once.
  Source source;

  bool operator==(const Endpoints&) const = default;
};

// A name that the proxies resolve.
struct DnsName {
  std::string hostname;
  uint16_t port = 0;
  absl::Duration refresh = absl::Seconds(5);
  bool respect_ttl = false;
  enum class Family : uint8_t { kAuto, kV4Only, kV6Only, kAll };
  Family family = Family::kAuto;

  bool operator==(const DnsName&) const = default;
};

// TLS towards a backend.
struct BackendTls {
  std::string hostname;  // Sent as SNI; matched against the certificate unless `names` is set.
  // Certificates of the accepted authorities, PEM. Empty: the system's.
  std::string ca_pem;
  struct Name {
    bool is_uri = false;
    std::string value;
    bool operator==(const Name&) const = default;
  };
  std::vector<Name> names;  // Any of them is accepted.

  bool operator==(const BackendTls&) const = default;
};

// Where requests go, and how.
struct Backend {
  std::string name;       // Unique within a Gateway.
  std::string endpoints;  // Name of its Endpoints; empty: `dns` is set.
  std::optional<DnsName> dns;
  enum class Protocol : uint8_t { kHttp1, kH2c };
  Protocol protocol = Protocol::kHttp1;
  std::optional<BackendTls> tls;
  BackendTraffic traffic;
  Source source;

  bool operator==(const Backend&) const = default;
};

}  // namespace sluice::ir
