// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/manifest/formats.h"
#include "api/manifest/validate/checks.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {
namespace {

std::string CheckAddress(const std::string& type, const std::string& address) {
  if (type == "IPv4" && !IsIPv4(address)) return "must be an IPv4 address.";
  if (type == "IPv6" && !IsIPv6(address)) return "must be an IPv6 address.";
  if (type == "FQDN") return CheckFormat(api::FORMAT_PRECISE_HOSTNAME, address);
  return {};
}

}  // namespace

void CheckKind(const k8s::EndpointSlice& slice, Findings& findings) {
  for (int i = 0; i < slice.endpoints_size(); ++i) {
    for (int j = 0; j < slice.endpoints(i).addresses_size(); ++j) {
      findings.Add(absl::StrCat("endpoints[", i, "].addresses[", j, "]"),
                   CheckAddress(slice.address_type(), slice.endpoints(i).addresses(j)));
    }
  }
  std::set<std::string> names;
  for (int i = 0; i < slice.ports_size(); ++i) {
    if (names.insert(slice.ports(i).name()).second) continue;
    findings.Add(absl::StrCat("ports[", i, "].name"),
                 absl::StrCat("\"", slice.ports(i).name(), "\" names another port of this slice."));
  }
}

}  // namespace sluice::manifest
