// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "controlplane/ir/listener.h"

namespace sluice::translate {

// The name of a listener's RouteConfiguration: "http/8080", "https/8443/name". Injective, since no
// listener's name holds a slash.
std::string RouteTableName(const ir::Port& port, const ir::Listener& listener);

// The name of the Listener of a port on one address: "8080/127.0.0.1".
std::string ListenerName(const ir::Port& port, std::string_view address);

}  // namespace sluice::translate
