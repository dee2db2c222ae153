// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "controlplane/ir/gateway.h"
#include "controlplane/resolve/frame.h"
#include "controlplane/resolve/http_route.h"

namespace sluice::resolve {

// A Gateway out of its frame and its routes, without endpoints.
struct Assembly {
  ir::Gateway gateway;
  std::map<std::string, EndpointsId> endpoints;
  Verdict verdict;
};

// Parts that are equal to `before`'s become `before`'s.
Assembly Assemble(const manifest::ObjectKey& key, const Frame& frame,
                  const std::map<manifest::ObjectKey, RouteResult>& routes,
                  const ir::Gateway* before);

}  // namespace sluice::resolve
