// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/xdsserver/fleet.h"

namespace sluice::status {

// How many of a Gateway's connected proxies serve a snapshot, and who does not.
struct LiveCount {
  int live = 0;
  int connected = 0;
  std::string first_laggard;  // "edge-3 refused it: ...", "edge-4 has not answered yet"

  // "Live 7/8; edge-3 refused it: ..."
  [[nodiscard]] std::string ToString() const;
};

// Liveness is one look at the fleet, for any number of questions.
//
// Thread:   immutable, any.
// Lifetime: a value.
class Liveness {
 public:
  explicit Liveness(const std::vector<xdsserver::ProxyStatus>& fleet);

  // Of the Gateway NS/NAME, for what its snapshots hold from `sequence` on.
  [[nodiscard]] LiveCount Count(std::string_view gateway, uint64_t sequence) const;

 private:
  struct Proxy {
    std::string node_id;
    xdsserver::ProxyState state = xdsserver::ProxyState::kSyncing;
    uint64_t sequence = 0;
    std::string error;
  };
  std::map<std::string, std::vector<Proxy>, std::less<>> by_gateway_;
};

}  // namespace sluice::status
