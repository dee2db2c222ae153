// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "controlplane/xdsserver/stream_port.h"

namespace sluice::xdsserver {

// What a node says of itself. None of it is proof of anything.
struct NodeInfo {
  std::string id;
  std::string cluster;
  std::string user_agent;
  // The fields that our own proxy read in its configuration and does not support, a line each:
  // node.metadata["sluice.unsupported_fields"]. Nothing: it does not say.
  std::optional<std::vector<std::string>> unsupported_fields;
};

// A (Delta)DiscoveryRequest as the engine sees it: both kinds of stream in one shape.
struct Request {
  std::optional<NodeInfo> node;
  std::string type_url;
  std::string nonce;
  // Set on a NACK: the client's words, cut to kMaxErrorText.
  std::optional<std::string> error;

  // State of the world: the full list of names, and the version that the client has.
  std::vector<std::string> names;
  std::string version;

  // Delta: what changes in the list, and on a reconnect what the client still has.
  std::vector<std::string> subscribe;
  std::vector<std::string> unsubscribe;
  std::vector<std::pair<std::string, std::string>> initial_versions;
};

// Bytes, cut at a character's beginning.
inline constexpr size_t kMaxErrorText = 4096;
// Of a user agent, and of each listed field: a fleet keeps these for every proxy.
inline constexpr size_t kMaxShownText = 512;
inline constexpr size_t kMaxListedFields = 256;
// Of a resource name, a node id, a type URL.
inline constexpr size_t kMaxNameLength = 4096;

// Reads a request off the wire.
//
// Errors: InvalidArgument for bytes that are no such message and for names beyond kMaxNameLength.
// Limits: the carrier bounds the size of `bytes`; texts that are only shown are cut.
absl::StatusOr<Request> ParseRequest(StreamKind kind, std::string_view bytes);

}  // namespace sluice::xdsserver
