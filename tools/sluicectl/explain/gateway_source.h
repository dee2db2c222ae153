// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tools/sluicectl/command_line.h"
#include "tools/sluicectl/explain/compiled_gateway.h"

namespace sluice::sluicectl {

// A Gateway by its name NS/NAME, with what its proxies are sent.
struct GatewayResources {
  std::string name;
  std::vector<XdsResource> resources;
};

// The Gateways to explain by: of the files that -f names, by the code that the control plane runs;
// else of the control plane. --gateway picks one.
//
// Returns false, and the exit code, once what went wrong is told.
bool ReadGateways(const Invocation& invocation, Streams& streams,
                  std::vector<GatewayResources>* gateways, ExitCode* exit_code);

}  // namespace sluice::sluicectl
