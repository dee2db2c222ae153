// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/condition/condition.h"
#include "envoy/config/rbac/v3/rbac.pb.h"

namespace sluice::compile {

// A Policy: one of its permissions and one of its principals hold. Metadata is that of the
// namespace "sluice.identity": consumer, groups, method, issuer, subject, scopes, and claims
// followed by the claim's name, in as many steps as one likes.
//
// Errors: whatever is not understood; nothing is skipped, since a rule would let in or keep out
//         others than it says.
absl::StatusOr<condition::Condition> CompileCondition(const envoy::config::rbac::v3::Policy& policy,
                                                      condition::Leaning leaning,
                                                      CompileContext& context);

}  // namespace sluice::compile
