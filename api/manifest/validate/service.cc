// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/manifest/formats.h"
#include "api/manifest/validate/checks.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {

void CheckKind(const k8s::Service& service, Findings& findings) {
  findings.Add("metadata.name", CheckFormat(api::FORMAT_DNS_LABEL, service.metadata().name()));
  const k8s::ServiceSpec& spec = service.spec();
  if (spec.type() == "ExternalName") {
    if (spec.external_name().empty()) {
      findings.Add("spec.externalName", "is required with type ExternalName.");
    }
    findings.Add("spec.externalName",
                 CheckFormat(api::FORMAT_PRECISE_HOSTNAME, spec.external_name()));
  }
  std::set<std::string> names;
  std::set<std::pair<std::string, int>> ports;
  for (int i = 0; i < spec.ports_size(); ++i) {
    const k8s::ServicePort& port = spec.ports(i);
    const std::string path = absl::StrCat("spec.ports[", i, "]");
    if (port.name().empty() && spec.ports_size() > 1) {
      findings.Add(absl::StrCat(path, ".name"), "is required where there are several ports.");
    } else if (!port.name().empty() && !names.insert(port.name()).second) {
      findings.Add(absl::StrCat(path, ".name"),
                   absl::StrCat("\"", port.name(), "\" names another port of this service."));
    }
    const std::string protocol = port.protocol().empty() ? "TCP" : port.protocol();
    if (port.port() != 0 && !ports.emplace(protocol, port.port()).second) {
      findings.Add(absl::StrCat(path, ".port"),
                   absl::StrCat(protocol, " port ", port.port(), " is given twice."));
    }
  }
}

}  // namespace sluice::manifest
