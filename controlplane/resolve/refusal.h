// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sluice::resolve {

// Why a reference cannot be followed: a reason for a condition (Gateway API's, where it has one),
// and a sentence.
struct Refusal {
  std::string reason;
  std::string message;
};

}  // namespace sluice::resolve
