// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controlplane/ir/rate_limit.h"
#include "sluice/limits/v1/limits.pb.h"

namespace sluice::translate {

// What a place says of how many requests go through.
limits::v1::LimitPerRoute TranslateLimit(const ir::RateLimit& from);

}  // namespace sluice::translate
