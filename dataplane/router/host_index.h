// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "dataplane/config/route.h"
#include "dataplane/router/prefix_tree.h"

namespace sluice::router {

// A HostIndex finds the virtual host of an authority: the exact name, then the longest
// "*suffix", the longest "prefix*", then "*". A wildcard stands for at least one character.
//
// Thread:   immutable; any.
// Lifetime: its own.
// Errors:   Make refuses a domain that is empty, given twice, or has a '*' in its middle.
class HostIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  static absl::StatusOr<HostIndex> Make(const config::RouteTable& table);

  // The position of the virtual host in its table, or kNone. Allocates nothing for authorities of
  // up to 255 bytes.
  uint32_t Find(std::string_view authority) const;

 private:
  struct Wildcards {
    PrefixTree tree;
    std::vector<uint32_t> hosts;  // By slot.

    bool Add(std::string_view text, uint32_t host);
    uint32_t FindLongest(std::string_view text) const;
  };

  bool Add(std::string_view domain, uint32_t host);

  const bool ignore_port_;
  absl::flat_hash_map<std::string, uint32_t> exact_;
  Wildcards suffixes_;  // Reversed.
  Wildcards prefixes_;
  uint32_t any_ = kNone;

  explicit HostIndex(bool ignore_port) : ignore_port_(ignore_port) {}
};

}  // namespace sluice::router
