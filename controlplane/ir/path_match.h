// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace sluice::ir {

struct PathMatch {
  enum class Kind : uint8_t { kExact, kPrefix, kRegex };
  Kind kind = Kind::kPrefix;  // By segments: /a matches /a and /a/b, not /ab.
  std::string value = "/";

  bool operator==(const PathMatch&) const = default;
};

}  // namespace sluice::ir
