// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/data_keys.h"

namespace sluice::manifest {

void CheckKind(const k8s::ConfigMap& config_map, Findings& findings) {
  size_t bytes = 0;
  for (const auto& [key, value] : config_map.data()) {
    bytes += value.size();
    findings.Add(absl::StrCat("data[", key, "]"), CheckDataKey(key));
  }
  for (const auto& [key, value] : config_map.binary_data()) {
    const std::string path = absl::StrCat("binaryData[", key, "]");
    bytes += value.size();
    findings.Add(path, CheckDataKey(key));
    if (config_map.data().contains(key)) findings.Add(path, "also stands in data.");
  }
  if (bytes > kMaxDataBytes) findings.Add("data", TooMuchData(bytes));
}

}  // namespace sluice::manifest
