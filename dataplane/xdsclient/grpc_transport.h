// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "dataplane/event/loop.h"
#include "dataplane/upstream/cluster_set.h"
#include "dataplane/xdsclient/ads_transport.h"
#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {

// How discovery streams are opened: as gRPC calls to a cluster of our own.
struct GrpcTransportOptions {
  std::string cluster;
  std::string method;  // As DiscoveryMethod says it.
  // Read anew for each stream, so that a token that was replaced is used; empty for none.
  std::string token_file;
};

// The path of the call: of the aggregated stream, or of a type's own service.
std::string DiscoveryMethod(std::optional<ResourceType> type, bool delta);

// Lifetime: loop and clusters outlive the transports.
AdsTransportFactory GrpcTransportFactory(event::Loop& loop, upstream::ClusterSet& clusters,
                                         GrpcTransportOptions options);

}  // namespace sluice::xdsclient
