// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controlplane/ir/condition.h"
#include "sluice/v1alpha1/auth_policy.pb.h"

namespace sluice::resolve {

// What a rule or a limit says of requests. `ns` is the policy's namespace, that of Consumers which
// name none.
ir::Conditions ResolveConditions(const v1alpha1::RequestConditions& from, const std::string& ns);

}  // namespace sluice::resolve
