// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/route.h"
#include "sluice/identity/v1/identify.pb.h"

namespace sluice::compile {

// How callers of a route prove who they are: a filters::IdentifyPolicy. Keys of tokens are made
// ready by CompileOptions::make_verifying_keys; where that is empty they are only checked.
absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileIdentify(
    const sluice::identity::v1::IdentifyPerRoute& identify, CompileContext& context);

}  // namespace sluice::compile
