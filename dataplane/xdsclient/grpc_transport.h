// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "dataplane/event/loop.h"
#include "dataplane/upstream/cluster_set.h"
#include "dataplane/xdsclient/ads_transport.h"

namespace sluice::xdsclient {

// How discovery streams are opened: as gRPC calls to a cluster of our own.
struct GrpcTransportOptions {
  std::string cluster;
  bool delta = true;
  // Read anew for each stream, so that a token that was replaced is used; empty for none.
  std::string token_file;
};

// Lifetime: loop and clusters outlive the transports.
AdsTransportFactory GrpcTransportFactory(event::Loop& loop, upstream::ClusterSet& clusters,
                                         GrpcTransportOptions options);

}  // namespace sluice::xdsclient
