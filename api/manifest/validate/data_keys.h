// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::manifest {

// What Secret and ConfigMap have in common.

// Kubernetes' limit on all values of one object.
inline constexpr size_t kMaxDataBytes = 1 << 20;

// Keys are file names: letters, digits, "-", "_" and ".", but not "." or "..".
std::string CheckDataKey(std::string_view key);

std::string TooMuchData(size_t bytes);

}  // namespace sluice::manifest
