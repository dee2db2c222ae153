// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/xdsclient/resource_sink.h"
#include "dataplane/xdsclient/resource_type.h"
#include "envoy/service/discovery/v3/discovery.pb.h"

namespace sluice::xdsclient {

// What a response of the state of the world holds.
struct SotwContents {
  std::vector<Received> resources;
  std::string problem;  // What else was in it; empty if nothing.
  // What is not among the resources is gone. Not so where the response only renews what is there
  // (TTL), or holds something that could not be read: its last good copy has to stay, and who knows
  // its name?
  bool tells_absence = true;
};

// Takes the resources of a type out of a response, be they bare or in a Resource. All have the
// response's version.
SotwContents ReadSotw(const envoy::service::discovery::v3::DiscoveryResponse& response,
                      ResourceType type, ResourceSink& sink);

// "a; b", where out is "a" and problem "b". A text that is long enough takes no more.
void AppendProblem(std::string_view problem, std::string& out);

}  // namespace sluice::xdsclient
