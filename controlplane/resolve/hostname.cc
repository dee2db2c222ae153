// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/hostname.h"

#include "absl/strings/match.h"

namespace sluice::resolve {

bool Covers(std::string_view wide, std::string_view narrow) {
  if (wide.empty() || wide == narrow) return true;
  if (!absl::StartsWith(wide, "*.")) return false;
  const std::string_view suffix = wide.substr(1);  // ".example"
  // A wildcard stands for at least one label, so "*.example" does not cover "example". Of
  // "*.a.example" the star goes along: all that it matches ends in ".example".
  return narrow.size() > suffix.size() && absl::EndsWith(narrow, suffix);
}

std::optional<std::string> Intersect(std::string_view a, std::string_view b) {
  if (Covers(a, b)) return std::string(b);
  if (Covers(b, a)) return std::string(a);
  return std::nullopt;
}

}  // namespace sluice::resolve
