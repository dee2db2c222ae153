// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace sluice::xdsserver {

inline constexpr std::string_view kClusterType =
    "type.googleapis.com/envoy.config.cluster.v3.Cluster";
inline constexpr std::string_view kEndpointType =
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
inline constexpr std::string_view kListenerType =
    "type.googleapis.com/envoy.config.listener.v3.Listener";
inline constexpr std::string_view kRouteType =
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
inline constexpr std::string_view kSecretType =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

// Callers and their credentials: a type of ours, which sluice-proxy alone asks for.
inline constexpr std::string_view kConsumerType = "type.googleapis.com/sluice.identity.v1.Consumer";

// Where a type stands in the order of sending: what is pointed at goes before what points at it,
// so that a client never learns of a route before its cluster.
[[nodiscard]] constexpr int SendRank(std::string_view type_url) {
  if (type_url == kClusterType) return 0;
  if (type_url == kEndpointType) return 1;
  if (type_url == kConsumerType) return 2;
  if (type_url == kListenerType) return 3;
  if (type_url == kRouteType) return 4;
  if (type_url == kSecretType) return 5;
  return 6;
}

// Listeners and clusters: what a state-of-the-world response leaves out is deleted, and a client
// that names nothing means everything. So it is with consumers, who are asked for by the wildcard
// alone: else one who is no longer let in could not be told. In every other type neither holds.
[[nodiscard]] constexpr bool IsRootType(std::string_view type_url) {
  return type_url == kListenerType || type_url == kClusterType || type_url == kConsumerType;
}

// Types whose resources the listeners and routes point at: removed only when those have moved on.
[[nodiscard]] constexpr bool IsPointedAt(std::string_view type_url) {
  return type_url == kClusterType || type_url == kEndpointType || type_url == kSecretType;
}

// Types whose resources the policies of routes look things up in: removed when the listeners and
// routes of the same snapshot have been answered, so that a policy that goes takes its consumers
// with it and not behind it. Unlike what is pointed at they go even if those were refused: a
// credential that was taken back must not live on because of somebody's mistake in a route.
[[nodiscard]] constexpr bool IsLookedUp(std::string_view type_url) {
  return type_url == kConsumerType;
}

// Types that point at clusters: sent only when what they point at is there.
[[nodiscard]] constexpr bool PointsAtClusters(std::string_view type_url) {
  return type_url == kListenerType || type_url == kRouteType;
}

}  // namespace sluice::xdsserver
