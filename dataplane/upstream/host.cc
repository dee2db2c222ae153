// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/host.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::upstream {

Host::Host(const config::Endpoint& endpoint) : address_(HostAddress(endpoint)) { Update(endpoint); }

void Host::Update(const config::Endpoint& endpoint) {
  hostname_ = endpoint.hostname;
  health_ = endpoint.health;
  weight_ = std::max<uint32_t>(endpoint.weight, 1);
}

std::string HostAddress(const config::Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  // A Unix socket has a path and no port.
  if (endpoint.address.starts_with("unix:")) return endpoint.address;
  return v6 ? absl::StrCat("[", endpoint.address, "]:", endpoint.port)
            : absl::StrCat(endpoint.address, ":", endpoint.port);
}

}  // namespace sluice::upstream
