// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/manifest/object.h"
#include "controlplane/resolve/policies.h"
#include "controlplane/store/object_set.h"

namespace sluice::resolve {

// A route as a proxy serves it.
struct ServedRoute {
  manifest::ObjectKey gateway;
  uint16_t port = 0;
  std::string listener;      // With TLS: its name; empty: the closest without TLS of the port.
  std::string virtual_host;  // "a.example", "*.example" or "*".
  std::string route;         // "HTTPRoute/NS/NAME/rule/I/match/J"; else the route has no policies.
};

// Where policies of a served route may be attached, the nearest to a request first: rule, route,
// listener, Gateway. What is not there is left out.
std::vector<PolicyPlace> FindPlaces(const store::ObjectSet& objects, const ServedRoute& route);

// One policy that says something of a route.
struct PolicyWord {
  enum class Part : uint8_t { kIdentify, kAuthorize, kRateLimit };
  Part part = Part::kIdentify;
  manifest::ObjectKey policy;
  PolicyPlace place;
  bool shadow = false;
  bool wins = false;  // Else a nearer one says the same part.
};

// All that is said at the places, in the order of the filters, for each part the winner first.
std::vector<PolicyWord> FindPolicyWords(const store::ObjectSet& objects,
                                        const std::vector<PolicyPlace>& places);

}  // namespace sluice::resolve
