// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "controlplane/ir/condition.h"
#include "envoy/config/rbac/v3/rbac.pb.h"

namespace sluice::translate {

// The namespace of metadata in which proxies say who is calling, with the keys "consumer"
// ("NAMESPACE/NAME"), "groups", "scopes" and "claims". A claim's name is one step below "claims",
// dots and all.
inline constexpr char kIdentityMetadata[] = "sluice.identity";

// A policy that matches a request for which `when` holds (none: each) and `unless` does not. All of
// it stands on the principals' side: only there RBAC has the client's address, so that only there a
// whole set of conditions can be negated.
envoy::config::rbac::v3::Policy TranslateConditions(const std::optional<ir::Conditions>& when,
                                                    const std::optional<ir::Conditions>& unless);

}  // namespace sluice::translate
