// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/resource_name.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "sluice/identity/v1/consumer.pb.h"

namespace sluice::xdsclient {

std::string NameInBody(ResourceType type, std::string_view body) {
  const auto name = [&](auto message) {
    return message.ParseFromArray(body.data(), static_cast<int>(body.size())) ? message.name()
                                                                              : std::string();
  };
  switch (type) {
    case ResourceType::kCluster:
      return name(envoy::config::cluster::v3::Cluster());
    case ResourceType::kListener:
      return name(envoy::config::listener::v3::Listener());
    case ResourceType::kRoutes:
      return name(envoy::config::route::v3::RouteConfiguration());
    case ResourceType::kSecret:
      return name(envoy::extensions::transport_sockets::tls::v3::Secret());
    case ResourceType::kConsumer:
      return name(identity::v1::Consumer());
    case ResourceType::kEndpoints: {
      envoy::config::endpoint::v3::ClusterLoadAssignment message;
      return message.ParseFromArray(body.data(), static_cast<int>(body.size()))
                 ? message.cluster_name()
                 : std::string();
    }
  }
  return "";
}

}  // namespace sluice::xdsclient
