// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controlplane/store/object_set.h"
#include "tools/sluicectl/command_line.h"
#include "tools/sluicectl/explain/compiled_gateway.h"

namespace sluice::sluicectl {

// A Gateway by its name NS/NAME, with what its proxies are sent.
struct GatewayResources {
  std::string name;
  std::vector<XdsResource> resources;
};

// Gateways, and what they were made of if that is at hand (null: ReadPolicyObjects fetches it).
struct GatewaySet {
  std::vector<GatewayResources> gateways;
  std::shared_ptr<const store::ObjectSet> objects;
};

// The Gateways to explain by: of the files that -f names, by the code that the control plane runs;
// else of the control plane. --gateway picks one.
//
// Returns false, and the exit code, once what went wrong is told.
bool ReadGateways(const Invocation& invocation, Streams& streams, GatewaySet* out,
                  ExitCode* exit_code);

// What says which policies a served route has, from the control plane: its Gateway, the HTTPRoute
// that its name tells of, and all AuthPolicies and RateLimitPolicies.
//
// Returns null, and the exit code, once what went wrong is told.
std::shared_ptr<const store::ObjectSet> ReadPolicyObjects(const Invocation& invocation,
                                                          Streams& streams,
                                                          const std::string& gateway,
                                                          const std::string& route,
                                                          ExitCode* exit_code);

}  // namespace sluice::sluicectl
