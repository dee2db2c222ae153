// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/manifest/manifest.h"

namespace sluice::manifest {

// Strict, from a file "t.yaml".
inline ParseResult ParseForTest(std::string_view text) {
  return ParseManifests(text, "t.yaml", ParseOptions{});
}

// The problems as a person sees them.
inline std::vector<std::string> ProblemsForTest(std::string_view text) {
  std::vector<std::string> out;
  for (const Problem& problem : ParseForTest(text).problems) out.push_back(problem.ToString());
  return out;
}

}  // namespace sluice::manifest
