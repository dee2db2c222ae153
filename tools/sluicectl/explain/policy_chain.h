// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controlplane/store/object_set.h"
#include "tools/sluicectl/explain/explanation.h"

namespace sluice::sluicectl {

// One filter of a route's chain, and whose word it acts on.
struct ExplainedFilter {
  std::string phase;   // "identify"
  std::string filter;  // As in the chain; "sluice.filters.identify".
  std::string policy;  // "AuthPolicy shop/keys"; empty: it does nothing here, or needs none.
  std::string from;    // Where that is attached: "HTTPRoute shop/cart, rule pay".
  std::string mode;    // "Enforce" or "Shadow".
  // Policies that say the same part farther from the route, the nearest first, each with its place.
  std::vector<std::string> overrides;
};

// The chain of the route that was found, in its order. `objects` holds at least its Gateway, its
// HTTPRoute, and the policies.
std::vector<ExplainedFilter> ExplainChain(const store::ObjectSet& objects, const Explanation& told,
                                          uint16_t port);

// Whether the chain has filters that act on policies; else `objects` above may be empty.
bool HasPolicyFilters(const Explanation& told);

}  // namespace sluice::sluicectl
