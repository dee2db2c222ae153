// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/sluicectl/explain/compiled_gateway.h"
#include "tools/sluicectl/explain/request_text.h"

namespace sluice::sluicectl {

struct ExplainedCandidate {
  std::string virtual_host;
  std::string route;
  bool won = false;
  std::string reason;
};

struct ExplainedEndpoint {
  std::string address;
  std::string health;
};

struct ExplainedCluster {
  std::string name;
  double percent = 100;
  std::string load_balancing;
  std::vector<ExplainedEndpoint> endpoints;
  std::string note;  // "is not there", "is resolved by the proxy"
};

// Where a request would go, and why.
struct Explanation {
  std::string gateway;
  std::string listener;
  std::string filter_chain;
  std::vector<ExplainedCandidate> candidates;

  bool is_found = false;
  std::string virtual_host;
  std::string route;
  std::string action;  // "forward", "redirect to ...", "answer 500"
  std::string path;    // that upstreams see
  std::string host;    // that upstreams see, if it is rewritten
  std::vector<std::string> filters;
  std::vector<ExplainedCluster> clusters;
  std::vector<std::string> mirrors;
  int64_t timeout_ms = 0;
  uint32_t retries = 0;
  std::string refusal;  // why the request would not come as far as the routes
};

// Follows a request through a Gateway: listener by port, filter chain by server name, virtual host
// and route by the router that serves. Nothing if no listener of the Gateway has the port. At most
// `limit` candidates are told, the winner among them.
std::optional<Explanation> ExplainRequest(const std::string& gateway,
                                          const CompiledGateway& compiled,
                                          const RequestText& request, size_t limit);

}  // namespace sluice::sluicectl
