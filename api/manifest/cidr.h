// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::manifest {

// A network: an address, and how many of its first bits count.
struct Cidr {
  std::string address;  // Canonical, of the family's own form.
  int prefix_bits = 0;  // 0 to 32, or to 128.

  bool operator==(const Cidr&) const = default;
};

// Reads "10.0.0.0/8" or "2001:db8::/32". Errors are sentences without a subject, to stand behind a
// field path: a single address without its prefix, bits set behind the prefix (what was meant is
// named), an IPv4 address in IPv6's form, which no client has.
absl::StatusOr<Cidr> ParseCidr(std::string_view text);

}  // namespace sluice::manifest
