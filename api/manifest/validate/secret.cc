// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/data_keys.h"

namespace sluice::manifest {
namespace {

// True if `pem` holds a block whose label ends in `label`, from its BEGIN to its END line. What is
// inside is for whoever uses it. Blocks do not nest, so each END is looked for once.
bool HasPemBlock(std::string_view pem, std::string_view label) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kEnd = "-----END ";
  for (size_t begin = pem.find(kBegin); begin != std::string_view::npos;) {
    const size_t end = pem.find(kEnd, begin);
    if (end == std::string_view::npos) return false;
    const std::string_view block = pem.substr(begin + kBegin.size());
    const std::string_view line = block.substr(0, block.find('\n'));
    const size_t dashes = line.find("-----");
    const std::string_view name = line.substr(0, dashes);
    if (dashes != std::string_view::npos && absl::EndsWith(name, label) &&
        absl::StartsWith(pem.substr(end + kEnd.size()), absl::StrCat(name, "-----"))) {
      return true;
    }
    begin = pem.find(kBegin, end);
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
