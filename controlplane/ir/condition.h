// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controlplane/ir/path_match.h"

namespace sluice::ir {

// A network: the first `prefix_bits` of `address` count.
struct Network {
  std::string address;  // IP literal.
  uint32_t prefix_bits = 0;

  bool operator==(const Network&) const = default;
};

// A claim of a token, or a request header, and what it must be.
struct NamedValues {
  std::string name;                 // Of a header: lower case. Of an inner claim: "outer.inner".
  std::vector<std::string> values;  // One of them; empty: any value.

  bool operator==(const NamedValues&) const = default;
};

// What a request must be like. All that is given must hold; of a list, one, unless it is said
// otherwise.
struct Conditions {
  bool any_consumer = false;           // Some consumer, whichever; `consumers` is empty then.
  std::vector<std::string> consumers;  // "NAMESPACE/NAME".
  std::vector<std::string> groups;
  std::vector<std::string> scopes;
  std::vector<NamedValues> claims;  // All of them.
  std::vector<std::string> methods;
  std::vector<PathMatch> paths;      // Without the query.
  std::vector<NamedValues> headers;  // All of them.
  std::vector<Network> client_ips;

  bool operator==(const Conditions&) const = default;
};

}  // namespace sluice::ir
