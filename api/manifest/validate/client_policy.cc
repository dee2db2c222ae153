// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/targets.h"

namespace sluice::manifest {
namespace {

constexpr TargetKind kTargets[] = {{"gateway.networking.k8s.io", "Gateway"}};

}  // namespace

void CheckKind(const v1alpha1::ClientPolicy& policy, Findings& findings) {
  CheckTargets(policy.spec().target_refs(), kTargets, findings);
  const v1alpha1::ClientTLS& tls = policy.spec().tls();
  if (tls.min_version() == "1.3" && tls.max_version() == "1.2") {
    findings.Add("spec.tls.maxVersion", "must not be below minVersion (1.3).");
  }
  if (tls.min_version() == "1.3" && !tls.cipher_suites().empty()) {
    findings.Add("spec.tls.cipherSuites",
                 "must be absent with minVersion 1.3, which fixes its own.");
  }
}

}  // namespace sluice::manifest
