// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

namespace sluice::tls {

// A server name as a client sent it, lower-cased; nullopt for what is not a host name (letters,
// digits, '-', '_', '.', at most 253 bytes, no empty label; a trailing dot is dropped) or is an IP
// address, which RFC 6066 does not allow. What passes is safe in logs and metric names.
std::optional<std::string> NormalizeServerName(std::string_view name);

// Whether the name of a certificate covers `host` (RFC 9525): equal without regard to case, or
// "*." and a suffix, where the star is exactly one label.
bool DnsNameCovers(std::string_view certificate_name, std::string_view host);

// ServerNames finds which of many values (filter chains) a server name belongs to.
//
// Thread: building on one; then read by any.
class ServerNames {
 public:
  // `pattern` is a lower-case name, "*.suffix" (any number of labels), or empty for every name and
  // none. Several values may share a pattern; they are found in order of adding.
  void Add(std::string_view pattern, int value);

  // The values of the best pattern: the exact name, else the longest suffix, else the empty
  // pattern; empty if there is none. `name` is normalized, or empty if the client sent none.
  absl::Span<const int> Find(std::string_view name) const;

 private:
  absl::flat_hash_map<std::string, std::vector<int>> exact_;
  absl::flat_hash_map<std::string, std::vector<int>> suffix_;  // Keyed without "*.".
  std::vector<int> all_;
};

}  // namespace sluice::tls
