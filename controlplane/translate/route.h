// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controlplane/ir/listener.h"
#include "controlplane/translate/resource.h"

namespace sluice::translate {

// What a listener was, and what TranslateRoutes made of it; null: nothing is known. The port was
// the same.
struct TableBefore {
  const ir::Listener* listener = nullptr;
  const std::string* value = nullptr;
};

// The RouteConfiguration of a listener: a virtual host for each host name, routes in order.
//
// The bytes of a virtual host whose routes are the same as before are taken over: of a hundred
// thousand routes most are. The result is the same bytes as without `before`.
Resource TranslateRoutes(const ir::Port& port, const ir::Listener& listener,
                         const TableBefore& before);

}  // namespace sluice::translate
