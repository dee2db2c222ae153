// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/host_index.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "dataplane/http/syntax.h"

namespace sluice::router {

bool HostIndex::Wildcards::Add(std::string_view text, uint32_t host) {
  if (tree.Insert(text) < hosts.size()) return false;
  hosts.push_back(host);
  return true;
}

uint32_t HostIndex::Wildcards::FindLongest(std::string_view text) const {
  uint32_t found = kNone;
  tree.VisitPrefixes(text, [&](uint32_t slot, size_t size) {
    if (size < text.size()) found = hosts[slot];
  });
  return found;
}

bool HostIndex::Add(std::string_view domain, uint32_t host) {
  if (domain == "*") {
    if (any_ != kNone) return false;
    any_ = host;
    return true;
  }
  if (domain.front() == '*') {
    return suffixes_.Add(std::string(domain.rbegin(), domain.rend() - 1), host);
  }
  if (domain.back() == '*') return prefixes_.Add(domain.substr(0, domain.size() - 1), host);
  return exact_.emplace(domain, host).second;
}

absl::StatusOr<HostIndex> HostIndex::Make(const config::RouteTable& table) {
  HostIndex index(table.ignore_port_in_host);
  for (uint32_t i = 0; i < table.virtual_hosts.size(); ++i) {
    const config::VirtualHost& host = table.virtual_hosts[i];
    const auto refuse = [&](std::string_view domain, std::string_view rule) {
      return absl::InvalidArgumentError(
          absl::StrCat("virtual host \"", host.name, "\": domain \"", domain, "\" ", rule));
    };
    for (const std::string& domain : host.domains) {
      const std::string lower = absl::AsciiStrToLower(domain);
      if (lower.empty()) return refuse(domain, "is empty");
      const size_t star = lower.find('*');
      if (star != std::string::npos &&
          (lower.rfind('*') != star || (star != 0 && star != lower.size() - 1))) {
        return refuse(domain, "may have one '*', at its beginning or its end");
      }
      if (!index.Add(lower, i)) return refuse(domain, "is in this table twice");
    }
  }
  return index;
}

uint32_t HostIndex::Find(std::string_view authority) const {
  if (ignore_port_) authority = http::SplitAuthority(authority).host;
  if (auto it = exact_.find(authority); it != exact_.end()) return it->second;
  if (suffixes_.tree.size() > 0) {
    const absl::InlinedVector<char, 255> reversed(authority.rbegin(), authority.rend());
    const uint32_t found = suffixes_.FindLongest({reversed.data(), reversed.size()});
    if (found != kNone) return found;
  }
  if (const uint32_t found = prefixes_.FindLongest(authority); found != kNone) return found;
  return any_;
}

}  // namespace sluice::router
