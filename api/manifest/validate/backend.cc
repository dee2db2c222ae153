// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/manifest/validate/checks.h"

namespace sluice::manifest {

void CheckKind(const v1alpha1::Backend& backend, Findings& findings) {
  const v1alpha1::BackendSpec& spec = backend.spec();
  if (backend.has_spec() && spec.endpoints().empty() == !spec.has_dns()) {
    findings.Add("spec", spec.has_dns() ? "must not hold both endpoints and dns."
                                        : "must hold endpoints or dns.");
  }
  std::set<std::pair<std::string, int>> seen;
  for (int i = 0; i < spec.endpoints_size(); ++i) {
    const v1alpha1::BackendEndpoint& endpoint = spec.endpoints(i);
    if (seen.emplace(endpoint.address(), endpoint.port()).second) continue;
    findings.Add(absl::StrCat("spec.endpoints[", i, "]"),
                 absl::StrCat(endpoint.address(), " port ", endpoint.port(), " is given twice."));
  }
}

}  // namespace sluice::manifest
