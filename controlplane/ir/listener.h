// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/ir/access_log.h"
#include "controlplane/ir/client.h"
#include "controlplane/ir/policies.h"
#include "controlplane/ir/route.h"
#include "controlplane/ir/source.h"

namespace sluice::ir {

// The routes of one host name, best first.
struct VirtualHost {
  std::string hostname;  // "a.example", "*.example" or "*".
  std::vector<std::shared_ptr<const Route>> routes;
  // Of the one listener, among several of a port, whose the name is.
  Policies policies;

  // Routes are compared by identity: equal ones are kept the same.
  bool operator==(const VirtualHost&) const = default;
};

// A certificate that a listener shows.
struct Certificate {
  std::string name;  // Unique within a Gateway.
  std::string chain_pem;
  std::string key_pem;
  Source source;

  bool operator==(const Certificate&) const = default;
};

// What one Gateway listener is to do. Listeners without TLS on one port are one Listener here,
// because a proxy cannot tell them apart before it has read a request.
struct Listener {
  std::string name;                       // Of the first one.
  std::vector<std::string> server_names;  // With TLS; empty: any.
  std::vector<std::string> certificates;  // Names; empty: no TLS.
  ClientSettings client;
  std::vector<AccessLog> access_logs;
  std::vector<VirtualHost> hosts;  // Sorted by host name, each once.
  Policies policies;               // Of the Gateway, or of a listener that has its port for itself.
  PolicyFilters filters;           // Those that the Gateway's proxies need, here or elsewhere.
  Source source;

  bool operator==(const Listener&) const = default;
};

// Everything behind one port of a Gateway.
struct Port {
  uint16_t port = 0;
  bool tls = false;
  std::vector<Listener> listeners;  // One without TLS, else sorted by name.

  bool operator==(const Port&) const = default;
};

}  // namespace sluice::ir
