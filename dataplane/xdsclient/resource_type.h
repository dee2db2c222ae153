// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::xdsclient {

// The resource types that a proxy asks for, in the order in which it asks: what is referred to
// before what refers (xDS, "make before break").
enum class ResourceType : uint8_t { kCluster, kEndpoints, kListener, kRoutes, kSecret, kConsumer };
inline constexpr size_t kResourceTypes = 6;

inline constexpr std::array<ResourceType, kResourceTypes> kAllTypes = {
    ResourceType::kCluster, ResourceType::kEndpoints, ResourceType::kListener,
    ResourceType::kRoutes,  ResourceType::kSecret,    ResourceType::kConsumer};

// "type.googleapis.com/envoy.config.cluster.v3.Cluster".
std::string_view TypeUrl(ResourceType type);

// "cluster", "listener": for people.
std::string_view TypeName(ResourceType type);

// The name that asks for all resources of a type.
inline constexpr std::string_view kAllOfThem = "*";

// Listeners and clusters are asked for all at once, and so are consumers, by kAllOfThem, while
// something refers to them; the others by name, as they are referred to. For those asked for all at
// once alone does absence from a state-of-the-world response mean removal.
constexpr bool IsWildcard(ResourceType type) {
  return type == ResourceType::kCluster || type == ResourceType::kListener ||
         type == ResourceType::kConsumer;
}

}  // namespace sluice::xdsclient
