// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace sluice::access {

// Who calls, as the credential proves it, and what that entitles to. Nothing here comes from a
// message.
struct Identity {
  std::string name;   // for people: "ci", "token of line 3", "spiffe://..."
  std::string proof;  // "token", "certificate" or "loopback"

  // Of a proxy: the Gateways that it may read, each NS/NAME.
  std::vector<std::string> gateways;
  bool every_gateway = false;

  // Of an operator: may change objects, and see secrets.
  bool may_write = false;

  [[nodiscard]] bool HasRightsOf(const Identity& other) const {
    return gateways == other.gateways && every_gateway == other.every_gateway &&
           may_write == other.may_write;
  }
};

}  // namespace sluice::access
