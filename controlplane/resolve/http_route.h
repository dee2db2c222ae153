// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controlplane/ir/route.h"
#include "controlplane/resolve/backend.h"
#include "controlplane/resolve/frame.h"
#include "controlplane/resolve/policies.h"

namespace sluice::resolve {

// Where a route hangs: one listener, and the host names that are both its and the route's.
struct Attachment {
  std::string listener;
  std::vector<std::string> hostnames;  // "" for any.
};

// One route as seen from one Gateway.
struct RouteResult {
  std::vector<std::shared_ptr<const ir::Route>> routes;
  std::vector<Attachment> attachments;  // Each listener at most once.
  std::map<std::string, std::shared_ptr<const ir::Backend>> backends;
  std::map<std::string, EndpointsId> endpoints;
  std::vector<ParentVerdict> parents;
  // What its policies need of proxies.
  ir::PolicyFilters filters;
  ConsumerNamespaces consumers;

  std::set<manifest::ObjectKey> asked;
};

// Resolves a route for `gateway`: where it hangs there, what its rules do, and what there is to say
// of those of its parentRefs that name this Gateway. A route that is not there gives nothing.
RouteResult ResolveHttpRoute(Facts facts, const Frame& frame, const manifest::ObjectKey& gateway,
                             const manifest::ObjectKey& route);

}  // namespace sluice::resolve
