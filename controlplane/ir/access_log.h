// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sluice::ir {

// Where lines about requests go, and what they say.
struct AccessLog {
  std::string path;  // Empty: standard output.
  std::string text;  // A format; empty with empty `json`: the default line.
  // Member name and format, sorted by name.
  std::vector<std::pair<std::string, std::string>> json;

  bool operator==(const AccessLog&) const = default;
};

}  // namespace sluice::ir
