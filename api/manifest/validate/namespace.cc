// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/formats.h"
#include "api/manifest/validate/checks.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {

void CheckKind(const k8s::Namespace& ns, Findings& findings) {
  findings.Add("metadata.name", CheckFormat(api::FORMAT_DNS_LABEL, ns.metadata().name()));
}

}  // namespace sluice::manifest
