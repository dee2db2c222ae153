// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/str_cat.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/targets.h"

namespace sluice::manifest {
namespace {

constexpr TargetKind kTargets[] = {{"gateway.networking.k8s.io", "Gateway"},
                                   {"gateway.networking.k8s.io", "HTTPRoute"}};

void CheckIdentify(const v1alpha1::IdentifySpec& identify, Findings& findings) {
  if (identify.methods().empty() && !identify.anonymous()) {
    findings.Add("spec.identify.methods",
                 "must hold a method; only with `anonymous: true` nobody is asked.");
  }
  for (int i = 0; i < identify.methods_size(); ++i) {
    CheckIdentifyMethod(identify.methods(i), absl::StrCat("spec.identify.methods[", i, "]"),
                        findings);
  }
}

}  // namespace

void CheckKind(const v1alpha1::AuthPolicy& policy, Findings& findings) {
  const v1alpha1::AuthPolicySpec& spec = policy.spec();
  CheckTargets(spec.target_refs(), kTargets, findings);
  if (policy.has_spec() && !spec.has_identify() && !spec.has_authorize()) {
    findings.Add("spec", "must hold identify or authorize.");
  }
  if (spec.has_identify()) CheckIdentify(spec.identify(), findings);
  for (int i = 0; i < spec.authorize().rules_size(); ++i) {
    const v1alpha1::AuthorizeRule& rule = spec.authorize().rules(i);
    const std::string path = absl::StrCat("spec.authorize.rules[", i, "]");
    if (rule.has_when()) CheckConditions(rule.when(), path + ".when", findings);
    if (rule.has_unless()) CheckConditions(rule.unless(), path + ".unless", findings);
  }
}

}  // namespace sluice::manifest
