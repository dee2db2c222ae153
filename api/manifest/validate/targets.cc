// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/validate/targets.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::manifest {
namespace {

using gateway::v1::PolicyTargetReference;

std::string Allowed(std::span<const TargetKind> allowed) {
  return absl::StrJoin(allowed, ", ", [](std::string* out, const TargetKind& target) {
    absl::StrAppend(out, target.kind, " (group \"", target.group, "\")");
  });
}

bool SameObject(const PolicyTargetReference& a, const PolicyTargetReference& b) {
  return a.group() == b.group() && a.kind() == b.kind() && a.name() == b.name();
}

// Two references to one object are apart only if both name a section, and not the same.
bool Clash(const PolicyTargetReference& a, const PolicyTargetReference& b) {
  return SameObject(a, b) &&
         (!a.has_section_name() || !b.has_section_name() || a.section_name() == b.section_name());
}

}  // namespace

void CheckTargets(const google::protobuf::RepeatedPtrField<PolicyTargetReference>& targets,
                  std::span<const TargetKind> allowed, Findings& findings) {
  for (int i = 0; i < targets.size(); ++i) {
    const std::string path = absl::StrCat("spec.targetRefs[", i, "]");
    const PolicyTargetReference& target = targets[i];
    const bool known = std::any_of(allowed.begin(), allowed.end(), [&](const TargetKind& kind) {
      return kind.group == target.group() && kind.kind == target.kind();
    });
    if (!known) {
      findings.Add(path,
                   absl::StrCat("kind \"", target.kind(), "\" in group \"", target.group(),
                                "\" cannot be a target; possible are ", Allowed(allowed), "."));
    }
    for (int j = 0; j < i; ++j) {
      if (!Clash(targets[j], target)) continue;
      findings.Add(path, absl::StrCat("names the same target as spec.targetRefs[", j,
                                      "]; references to one object must name different sections."));
      break;
    }
  }
}

}  // namespace sluice::manifest
