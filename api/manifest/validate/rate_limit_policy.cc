// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/formats.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/targets.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {
namespace {

constexpr TargetKind kTargets[] = {{"gateway.networking.k8s.io", "Gateway"},
                                   {"gateway.networking.k8s.io", "HTTPRoute"}};

void CheckKey(const v1alpha1::RateLimitKey& key, const std::string& path, Findings& findings) {
  const std::string& type = key.type();
  if (type.empty()) return;
  const bool is_named = type == "Header" || type == "Claim";
  if (is_named == key.name().empty()) {
    findings.Add(path + ".name", absl::StrCat(is_named ? "is required" : "must be absent",
                                              " with type ", type, "."));
  } else if (type == "Header") {
    findings.Add(path + ".name", CheckFormat(api::FORMAT_HEADER_NAME, key.name()));
  }
  if (type == "ClientIP") return;
  for (const auto& [is_set, field] : {std::pair(key.has_ipv4_prefix(), ".ipv4Prefix"),
                                      std::pair(key.has_ipv6_prefix(), ".ipv6Prefix")}) {
    if (is_set) findings.Add(path + field, absl::StrCat("must be absent with type ", type, "."));
  }
}

void CheckLimit(const v1alpha1::RateLimit& limit, const std::string& path, Findings& findings) {
  std::set<std::string> seen;
  for (int i = 0; i < limit.key_size(); ++i) {
    const std::string at = absl::StrCat(path, ".key[", i, "]");
    CheckKey(limit.key(i), at, findings);
    const std::string name = limit.key(i).type() == "Header"
                                 ? absl::AsciiStrToLower(limit.key(i).name())
                                 : limit.key(i).name();
    if (!seen.insert(absl::StrCat(limit.key(i).type(), " ", name)).second) {
      findings.Add(at, "is the same value as another one of this key.");
    }
  }
  if (limit.has_when()) CheckConditions(limit.when(), path + ".when", findings);
}

}  // namespace

void CheckKind(const v1alpha1::RateLimitPolicy& policy, Findings& findings) {
  CheckTargets(policy.spec().target_refs(), kTargets, findings);
  for (int i = 0; i < policy.spec().limits_size(); ++i) {
    CheckLimit(policy.spec().limits(i), absl::StrCat("spec.limits[", i, "]"), findings);
  }
}

}  // namespace sluice::manifest
