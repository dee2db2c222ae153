// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "api/manifest/validate/findings.h"
#include "gateway/v1/references.pb.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace sluice::manifest {

// A kind that a policy may be attached to.
struct TargetKind {
  std::string_view group;
  std::string_view kind;
};

// Checks spec.targetRefs: kinds that the policy knows, and no target twice. Where one object is
// named more than once, each must name another section.
void CheckTargets(
    const google::protobuf::RepeatedPtrField<gateway::v1::PolicyTargetReference>& targets,
    std::span<const TargetKind> allowed, Findings& findings);

}  // namespace sluice::manifest
