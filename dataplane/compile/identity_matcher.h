// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/condition/identity_matcher.h"
#include "envoy/type/matcher/v3/metadata.pb.h"

namespace sluice::compile {

// The namespace under which rules speak of who calls.
inline constexpr std::string_view kIdentityNamespace = "sluice.identity";

// A condition on metadata of that namespace: its path is one of consumer, groups, method, issuer,
// subject and scopes, or claims and the claim's name in one step or more.
absl::StatusOr<condition::IdentityMatcher> CompileIdentityMatcher(
    const envoy::type::matcher::v3::MetadataMatcher& matcher, CompileContext& context);

}  // namespace sluice::compile
