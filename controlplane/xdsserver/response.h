// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/xdsserver/resource_map.h"
#include "controlplane/xdsserver/stream_port.h"

namespace sluice::xdsserver {

// What a response says, before it is bytes.
struct Response {
  std::string_view type_url;
  std::string version;
  std::string nonce;
  std::vector<ResourcePtr> resources;
  std::vector<std::string> removed;  // delta only
};

// Writes a (Delta)DiscoveryResponse as chunks that view the resources' own bytes.
//
// The wire form is written by hand, and not through the generated message, because that would copy
// every resource for every stream: here a stream copies the framing and shares the rest.
[[nodiscard]] std::vector<Chunk> EncodeResponse(StreamKind kind, const Response& response);

// An upper bound on the bytes that one resource adds to a response.
[[nodiscard]] size_t EncodedSizeBound(std::string_view type_url, const Resource& resource);

}  // namespace sluice::xdsserver
