// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controlplane/ir/listener.h"
#include "controlplane/translate/resource.h"

namespace sluice::translate {

// The RouteConfiguration of a listener: a virtual host for each host name, routes in order.
Resource TranslateRoutes(const ir::Port& port, const ir::Listener& listener);

}  // namespace sluice::translate
