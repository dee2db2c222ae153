// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "controlplane/ir/gateway.h"
#include "controlplane/resolve/frame.h"
#include "controlplane/resolve/http_route.h"

namespace sluice::resolve {

// A Gateway out of its frame and its routes, without endpoints and consumers.
struct Assembly {
  ir::Gateway gateway;
  // Whose endpoints it needs, by name, sorted. They point into `routes`.
  std::vector<std::pair<std::string_view, const EndpointsId*>> endpoints;
  ConsumerNamespaces consumers;  // Whose consumers it needs.
  Verdict verdict;
};

// Parts that are equal to `before`'s become `before`'s.
Assembly Assemble(const manifest::ObjectKey& key, const Frame& frame,
                  const std::map<manifest::ObjectKey, RouteResult>& routes,
                  const ir::Gateway* before);

}  // namespace sluice::resolve
