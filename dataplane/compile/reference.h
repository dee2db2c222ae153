// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace sluice::compile {

// Who serves a resource that is asked for by name.
struct ResourceSource {
  enum class Kind : uint8_t {
    kAds,     // The aggregated stream.
    kServer,  // A server of its own, over a stream for the type.
    kFile,
    kStatic,  // The bootstrap itself.
  };

  Kind kind = Kind::kAds;
  // kServer: the cluster to ask, and the variant of the protocol.
  std::string cluster;
  bool delta = false;
  // kFile: the file, and the folder in which a move means that it is to be read again; if empty, a
  // move onto the file itself does.
  std::string path;
  std::string watched_directory;

  auto operator<=>(const ResourceSource&) const = default;
};

// A name in a resource that means another resource, and who serves that.
struct Reference {
  enum class Kind : uint8_t { kEndpoints, kRoutes, kSecret };

  Kind kind = Kind::kSecret;
  std::string name;
  ResourceSource source;
};

}  // namespace sluice::compile
