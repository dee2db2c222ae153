// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/consumer.h"
#include "sluice/identity/v1/consumer.pb.h"

namespace sluice::compile {

// A Consumer resource: at most 255 groups and credentials of each kind, 32 KiB of text in all.
// Errors show no hash.
absl::StatusOr<std::shared_ptr<const config::Consumer>> CompileConsumer(
    const sluice::identity::v1::Consumer& consumer, CompileContext& context);

}  // namespace sluice::compile
