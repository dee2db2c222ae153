// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "api/manifest/object.h"
#include "api/manifest/origin.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// A status that carries what is wrong, problem by problem, besides a sentence.

// Requires a problem. The text is the first one and how many more there are.
absl::Status Rejected(absl::StatusCode code, const std::vector<manifest::Problem>& problems);
// Empty if the status carries none.
push::v1::Rejection RejectionOf(const absl::Status& status);

push::v1::Problem ToProto(const manifest::Problem& problem);
push::v1::ObjectKey ToProto(const manifest::ObjectKey& key);

}  // namespace sluice::pushapi
