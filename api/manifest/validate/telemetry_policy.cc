// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/str_cat.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/targets.h"

namespace sluice::manifest {
namespace {

constexpr TargetKind kTargets[] = {{"gateway.networking.k8s.io", "Gateway"}};

void CheckFormatUnion(const v1alpha1::AccessLogFormat& format, const std::string& path,
                      Findings& findings) {
  const bool is_json = format.type() == "JSON";
  const bool is_text = format.type() == "Text";
  if (!is_json && !is_text) return;
  if (is_json == format.json().empty()) {
    findings.Add(absl::StrCat(path, ".json"),
                 absl::StrCat(is_json ? "is required" : "must be absent", " with type ",
                              format.type(), "."));
  }
  if (is_text != format.has_text()) {
    findings.Add(absl::StrCat(path, ".text"),
                 absl::StrCat(is_text ? "is required" : "must be absent", " with type ",
                              format.type(), "."));
  }
}

void CheckSink(const v1alpha1::AccessLogSink& sink, const std::string& path, Findings& findings) {
  if (sink.has_file() != (sink.type() == "File") && !sink.type().empty()) {
    findings.Add(absl::StrCat(path, ".file"),
                 absl::StrCat(sink.has_file() ? "must be absent" : "is required", " with type ",
                              sink.type(), "."));
  }
  CheckFormatUnion(sink.format(), absl::StrCat(path, ".format"), findings);
}

}  // namespace

void CheckKind(const v1alpha1::TelemetryPolicy& policy, Findings& findings) {
  CheckTargets(policy.spec().target_refs(), kTargets, findings);
  const v1alpha1::AccessLog& log = policy.spec().access_log();
  if (log.disabled() && !log.sinks().empty()) {
    findings.Add("spec.accessLog.sinks", "must be empty where the access log is disabled.");
  }
  for (int i = 0; i < log.sinks_size(); ++i) {
    CheckSink(log.sinks(i), absl::StrCat("spec.accessLog.sinks[", i, "]"), findings);
  }
}

}  // namespace sluice::manifest
