// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/cidr.h"
#include "api/manifest/formats.h"
#include "api/manifest/validate/checks.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {
namespace {

std::string CheckConsumer(std::string_view text) {
  if (text == "*") return {};
  const size_t slash = text.find('/');
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const std::string_view ns = slash == std::string_view::npos ? "ns" : text.substr(0, slash);
  const bool is_good = !name.empty() && !ns.empty() &&
                       CheckFormat(api::FORMAT_DNS_SUBDOMAIN, name).empty() &&
                       CheckFormat(api::FORMAT_DNS_LABEL, ns).empty();
  if (is_good) return {};
  return absl::StrCat("\"", text,
                      "\" must be the name of a Consumer, \"NAMESPACE/NAME\", or \"*\" for any.");
}

std::string CheckPath(const v1alpha1::PathCondition& path) {
  return path.type() == "RegularExpression" ? CheckRegex(path.value())
                                            : CheckRoutePath(path.value());
}

template <typename List, typename NameOfItem>
void CheckOnce(const List& list, const std::string& path, NameOfItem name_of, Findings& findings) {
  std::set<std::string> seen;
  for (int i = 0; i < list.size(); ++i) {
    if (seen.insert(name_of(list[i])).second) continue;
    findings.Add(absl::StrCat(path, "[", i, "]"),
                 absl::StrCat("\"", name_of(list[i]),
                              "\" is given twice; of one all `values` stand in one list."));
  }
}

bool IsEmpty(const v1alpha1::RequestConditions& when) {
  return when.consumers().empty() && when.groups().empty() && when.scopes().empty() &&
         when.claims().empty() && when.methods().empty() && when.paths().empty() &&
         when.headers().empty() && when.client_ips().empty();
}

}  // namespace

void CheckConditions(const v1alpha1::RequestConditions& when, const std::string& path,
                     Findings& findings) {
  if (IsEmpty(when)) {
    // Left out it means something; empty it is more often a mistake of indentation.
    findings.Add(path, "must hold at least one condition; leave it out where none is meant.");
  }
  for (int i = 0; i < when.consumers_size(); ++i) {
    findings.Add(absl::StrCat(path, ".consumers[", i, "]"), CheckConsumer(when.consumers(i)));
  }
  for (int i = 0; i < when.paths_size(); ++i) {
    findings.Add(absl::StrCat(path, ".paths[", i, "].value"), CheckPath(when.paths(i)));
  }
  for (int i = 0; i < when.client_ips_size(); ++i) {
    const absl::StatusOr<Cidr> cidr = ParseCidr(when.client_ips(i));
    if (!cidr.ok()) {
      findings.Add(absl::StrCat(path, ".clientIPs[", i, "]"), std::string(cidr.status().message()));
    }
  }
  CheckOnce(
      when.claims(), path + ".claims", [](const auto& claim) { return claim.claim(); }, findings);
  CheckOnce(
      when.headers(), path + ".headers",
      [](const auto& header) { return absl::AsciiStrToLower(header.name()); }, findings);
}

}  // namespace sluice::manifest
