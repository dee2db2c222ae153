// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "api/manifest/validate/checks.h"

namespace sluice::manifest {

void CheckSelector(const k8s::LabelSelector& selector, const std::string& path,
                   Findings& findings) {
  for (int i = 0; i < selector.match_expressions_size(); ++i) {
    const k8s::LabelSelectorRequirement& test = selector.match_expressions(i);
    const std::string at = absl::StrCat(path, ".matchExpressions[", i, "].values");
    const bool takes_values = test.operator_() == "In" || test.operator_() == "NotIn";
    if (takes_values && test.values().empty()) {
      findings.Add(at, absl::StrCat("is required with operator ", test.operator_(), "."));
    } else if (!takes_values && !test.values().empty()) {
      findings.Add(at, absl::StrCat("must be empty with operator ", test.operator_(), "."));
    }
  }
}

}  // namespace sluice::manifest
