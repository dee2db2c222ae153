// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {
namespace {

struct Entry {
  std::string_view url;
  std::string_view name;
};

constexpr Entry kEntries[kResourceTypes] = {
    {"type.googleapis.com/envoy.config.cluster.v3.Cluster", "cluster"},
    {"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment", "endpoints"},
    {"type.googleapis.com/envoy.config.listener.v3.Listener", "listener"},
    {"type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "routes"},
    {"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", "secret"},
    {"type.googleapis.com/sluice.identity.v1.Consumer", "consumer"},
};

}  // namespace

std::string_view TypeUrl(ResourceType type) { return kEntries[static_cast<size_t>(type)].url; }

std::string_view TypeName(ResourceType type) { return kEntries[static_cast<size_t>(type)].name; }

}  // namespace sluice::xdsclient
