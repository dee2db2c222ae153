// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "controlplane/ir/authorize.h"
#include "controlplane/ir/identify.h"
#include "controlplane/resolve/facts.h"
#include "controlplane/resolve/refusal.h"
#include "sluice/v1alpha1/auth_policy.pb.h"

namespace sluice::resolve {

// What the policy says of who may call. If keys that it refers to are not there, the answer is
// marked unusable: whoever is let in without them is let in by nobody.
ir::Identify ResolveIdentify(Facts& facts, const v1alpha1::AuthPolicy& policy);

// What it says of what callers may do.
ir::Authorize ResolveAuthorize(const v1alpha1::AuthPolicy& policy);

// The key set of one method, from where it is; `ns` is the policy's namespace.
std::variant<std::string, Refusal> ResolveJwks(Facts& facts, const std::string& ns,
                                               const v1alpha1::JwtKeys& keys);

}  // namespace sluice::resolve
