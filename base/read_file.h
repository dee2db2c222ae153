// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::base {

// The whole of a file, or of a pipe to its end. Blocks as reading it does: not for a worker.
//
// Errors: the system's, naming the path (kNotFound if it is not there, kPermissionDenied);
//         kInvalidArgument if it holds more than `max_bytes`, which are never read in full.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

}  // namespace sluice::base
