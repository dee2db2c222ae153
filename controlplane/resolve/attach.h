// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controlplane/resolve/frame.h"
#include "gateway/v1/http_route.pb.h"

namespace sluice::resolve {

// Hangs a route to the listeners that one of its parentRefs names: by section, port, allowed
// kinds and namespaces, and host names. Adds what it found to `hostnames_of` (by listener) and
// returns the Accepted condition.
Condition Attach(Facts& facts, const Frame& frame, const manifest::ObjectKey& gateway,
                 const manifest::ObjectKey& route_key, const gateway::v1::HTTPRoute& route,
                 const gateway::v1::ParentReference& parent,
                 std::map<std::string, std::set<std::string>>& hostnames_of);

}  // namespace sluice::resolve
