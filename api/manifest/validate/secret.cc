// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/data_keys.h"

namespace sluice::manifest {
namespace {

// True if `pem` holds a block whose label ends in `label`. What is inside is for whoever uses it.
bool HasPemBlock(std::string_view pem, std::string_view label) {
  const size_t begin = pem.find("-----BEGIN ");
  if (begin == std::string_view::npos) return false;
  for (size_t at = begin; at != std::string_view::npos; at = pem.find("-----BEGIN ", at + 1)) {
    const std::string_view line = pem.substr(at + 11, pem.find('\n', at) - at - 11);
    const size_t dashes = line.find("-----");
    if (dashes == std::string_view::npos || !absl::EndsWith(line.substr(0, dashes), label))
      continue;
    const std::string end = absl::StrCat("-----END ", line.substr(0, dashes), "-----");
    if (absl::StrContains(pem.substr(at), end)) return true;
  }
  return false;
}

void CheckPem(const k8s::Secret& secret, const std::string& key, std::string_view label,
              Findings& findings) {
  const std::string path = absl::StrCat("data[", key, "]");
  const auto data = secret.data().find(key);
  if (data == secret.data().end()) {
    return findings.Add(path, "is required with type kubernetes.io/tls.");
  }
  if (HasPemBlock(data->second, label)) return;
  findings.Add(path, absl::StrCat("must hold a PEM block \"", label, "\", from its BEGIN to its ",
                                  "END line."));
}

}  // namespace

void CheckKind(const k8s::Secret& secret, Findings& findings) {
  size_t bytes = 0;
  for (const auto& [key, value] : secret.data()) {
    bytes += value.size();
    findings.Add(absl::StrCat("data[", key, "]"), CheckDataKey(key));
  }
  if (bytes > kMaxDataBytes) findings.Add("data", TooMuchData(bytes));
  if (secret.type() != "kubernetes.io/tls") return;
  CheckPem(secret, "tls.crt", "CERTIFICATE", findings);
  CheckPem(secret, "tls.key", "PRIVATE KEY", findings);
}

}  // namespace sluice::manifest
