// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/config/cluster.h"
#include "dataplane/config/listener.h"
#include "dataplane/router/router.h"

namespace sluice::sluicectl {

// A resource as a proxy is sent it.
struct XdsResource {
  std::string type_url;
  std::string name;
  std::string bytes;
};

// What a proxy makes of one Gateway's resources, by the code that the proxy runs.
//
// A resource that does not compile is left out, with a line in `problems`: so would a proxy refuse
// it.
struct CompiledGateway {
  std::vector<config::Listener> listeners;
  std::map<std::string, std::shared_ptr<const router::Router>, std::less<>> tables;
  std::map<std::string, config::Cluster, std::less<>> clusters;
  std::map<std::string, config::EndpointSet, std::less<>> endpoints;  // by EDS name
  std::vector<std::string> problems;

  // The routes of a connection; null while no resource brings them.
  [[nodiscard]] const router::Router* FindRouter(const config::HttpConnection& http) const;
  // Null for a cluster without an assignment, and for one that is not there.
  [[nodiscard]] const config::EndpointSet* FindEndpoints(std::string_view cluster) const;
};

CompiledGateway CompileGateway(const std::vector<XdsResource>& resources);

}  // namespace sluice::sluicectl
