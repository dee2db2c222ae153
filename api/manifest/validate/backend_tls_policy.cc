// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/targets.h"

namespace sluice::manifest {
namespace {

constexpr TargetKind kTargets[] = {{"", "Service"}, {"sluice.dev", "Backend"}};

void CheckSubjectAltName(const gateway::v1::SubjectAltName& name, const std::string& path,
                         Findings& findings) {
  const bool is_hostname = name.type() == "Hostname";
  const bool is_uri = name.type() == "URI";
  if (!is_hostname && !is_uri) return;
  if (is_hostname == name.hostname().empty()) {
    findings.Add(absl::StrCat(path, ".hostname"),
                 absl::StrCat(is_hostname ? "is required" : "must be absent", " with type ",
                              name.type(), "."));
  }
  if (is_uri == name.uri().empty()) {
    findings.Add(absl::StrCat(path, ".uri"), absl::StrCat(is_uri ? "is required" : "must be absent",
                                                          " with type ", name.type(), "."));
  } else if (is_uri && !absl::StrContains(name.uri(), "://")) {
    findings.Add(absl::StrCat(path, ".uri"),
                 "must be an absolute URI, such as \"spiffe://example.org/ns/shop\".");
  }
}

}  // namespace

void CheckKind(const gateway::v1::BackendTLSPolicy& policy, Findings& findings) {
  CheckTargets(policy.spec().target_refs(), kTargets, findings);
  const gateway::v1::BackendTLSPolicyValidation& validation = policy.spec().validation();
  const bool has_refs = !validation.ca_certificate_refs().empty();
  if (policy.spec().has_validation() && has_refs == validation.has_well_known_ca_certificates()) {
    findings.Add("spec.validation",
                 has_refs ? "must not name both caCertificateRefs and wellKnownCACertificates."
                          : "must name either caCertificateRefs or wellKnownCACertificates.");
  }
  for (int i = 0; i < validation.subject_alt_names_size(); ++i) {
    CheckSubjectAltName(validation.subject_alt_names(i),
                        absl::StrCat("spec.validation.subjectAltNames[", i, "]"), findings);
  }
}

}  // namespace sluice::manifest
