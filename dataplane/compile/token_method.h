// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/filters/identify/config.h"
#include "sluice/identity/v1/identify.pb.h"

namespace sluice::compile {

// A token's issuer, keys, places and checks. Keys have to be given: none are fetched.
absl::StatusOr<filters::JwtMethod> CompileTokenMethod(const sluice::identity::v1::JwtMethod& method,
                                                      CompileContext& context);

}  // namespace sluice::compile
