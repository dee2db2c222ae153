// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/snapshot_cache.h"

namespace sluice::status {

// How many of a Gateway's connected proxies serve a snapshot, and who does not.
struct LiveCount {
  int live = 0;
  int connected = 0;
  std::string first_laggard;  // "edge-3 refused: ...", "edge-4 has not answered yet"

  // "Live 7/8; edge-3 refused: ..."
  [[nodiscard]] std::string ToString() const;
};

// Liveness is one look at the fleet, for any number of questions.
//
// Thread:   immutable, any.
// Lifetime: a value.
class Liveness {
 public:
  Liveness(const std::vector<xdsserver::ProxyStatus>& fleet,
           const std::vector<std::shared_ptr<const xdsserver::Snapshot>>& snapshots);

  // Of the Gateway NS/NAME, for what was made known at `sequence` (of the snapshot cache): a
  // proxy that has the Gateway's snapshot of then, or the present one, and refuses nothing, serves
  // it.
  [[nodiscard]] LiveCount Count(std::string_view gateway, uint64_t sequence) const;

 private:
  struct Proxy {
    std::string node_id;
    uint64_t sequence = 0;
    std::string error;
  };
  std::map<std::string, std::vector<Proxy>, std::less<>> by_gateway_;
  std::map<std::string, uint64_t, std::less<>> current_;  // by Gateway
};

}  // namespace sluice::status
