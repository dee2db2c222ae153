// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"

namespace sluice::xdsclient {

// A place where a move means that something is to be read again.
struct WatchedFile {
  std::string folder;
  std::string name;  // Any, if empty.

  bool operator==(const WatchedFile&) const = default;
};

// The folder and the name of a path.
WatchedFile SplitPath(const std::string& path);

// What to watch for a secret: the folder that it names for that, or else each of its files.
std::vector<WatchedFile> SecretFiles(
    const envoy::extensions::transport_sockets::tls::v3::Secret& secret);

}  // namespace sluice::xdsclient
