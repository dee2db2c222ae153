// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/ir/condition.h"
#include "controlplane/ir/source.h"

namespace sluice::ir {

// One value that is counted apart.
struct LimitKey {
  enum class Kind : uint8_t { kConsumer, kClientIp, kHeader, kClaim, kRoute };
  Kind kind = Kind::kConsumer;
  std::string name;  // Of the header (lower case) or claim.
  uint32_t ipv4_prefix = 32;
  uint32_t ipv6_prefix = 64;

  bool operator==(const LimitKey&) const = default;
};

// So many requests a window.
struct Limit {
  std::string name;
  uint32_t requests = 0;
  absl::Duration window;
  uint32_t burst = 0;
  std::vector<LimitKey> key;       // Empty: all requests together.
  std::optional<Conditions> when;  // None: every request.

  bool operator==(const Limit&) const = default;
};

// How many requests go through.
struct RateLimit {
  std::string policy;  // "RateLimitPolicy/NAMESPACE/NAME".
  std::vector<Limit> limits;
  bool headers = true;  // Answers say what is left.
  bool shadow = false;
  Source source;

  bool operator==(const RateLimit&) const = default;
};

}  // namespace sluice::ir
