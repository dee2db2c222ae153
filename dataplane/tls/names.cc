// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sluice::tls {

std::optional<std::string> NormalizeServerName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return std::nullopt;
  std::string out(name);
  char last = '.';
  bool number = true;  // The last label is made of digits alone: it is an IPv4 address.
  for (char& c : out) {
    if (c == '.') {
      if (last == '.') return std::nullopt;
      number = true;
    } else if (absl::ascii_isalnum(c) || c == '-' || c == '_') {
      if (!absl::ascii_isdigit(c)) number = false;
      c = absl::ascii_tolower(c);
    } else {
      return std::nullopt;
    }
    last = c;
  }
  if (number) return std::nullopt;
  return out;
}

bool DnsNameCovers(std::string_view certificate_name, std::string_view host) {
  if (absl::EqualsIgnoreCase(certificate_name, host)) return !host.empty();
  if (!certificate_name.starts_with("*.")) return false;
  const std::string_view suffix = certificate_name.substr(1);
  // "*.com" would cover half the world: a wildcard needs two labels behind it.
  if (!absl::StrContains(suffix.substr(1), '.')) return false;
  const size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         absl::EqualsIgnoreCase(host.substr(dot), suffix);
}

void ServerNames::Add(std::string_view pattern, int value) {
  if (pattern.empty() || pattern == "*") {
    all_.push_back(value);
  } else if (pattern.starts_with("*.")) {
    suffix_[pattern.substr(2)].push_back(value);
  } else {
    exact_[pattern].push_back(value);
  }
}

absl::Span<const int> ServerNames::Find(std::string_view name) const {
  if (auto it = exact_.find(name); it != exact_.end()) return it->second;
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    name.remove_prefix(dot + 1);
    if (auto it = suffix_.find(name); it != suffix_.end()) return it->second;
  }
  return all_;
}

}  // namespace sluice::tls
