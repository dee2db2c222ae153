// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "controlplane/ir/traffic.h"
#include "controlplane/resolve/facts.h"

namespace sluice::resolve {

// From where to where requests go: what a TrafficPolicy may be attached to on the way.
struct TrafficPath {
  manifest::ObjectKey gateway;
  manifest::ObjectKey route;
  std::string rule;  // Name of the route's rule; empty: none.
  manifest::ObjectKey backend;
  std::string backend_section;  // Name of the Service's port; empty: none.
};

// What the TrafficPolicies say about one path.
struct Traffic {
  ir::BackendTraffic backend;
  ir::RouteTimes times;
  bool times_are_asked = false;  // `times.request` is somebody's word, not the default.
  std::optional<ir::Retry> retry;
  // What tells this backend's treatment from the same backend's on another route: empty unless a
  // route's policy has a word in it.
  std::string variant;
};

// The nearer to the backend wins: its own policies (of the port, of the whole), then the route's
// (of the rule, of the whole), then the Gateway's. Settings are merged one by one, but for the
// retries, which are one word.
Traffic ResolveTraffic(Facts& facts, const TrafficPath& path);

}  // namespace sluice::resolve
