// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::http {

inline constexpr std::string_view kProblemType = "application/problem+json";

// The body of an error answer of our own (RFC 9457), of type kProblemType, as one line: title and
// status, then `detail`, a sentence for people, and `reason`, the stable token of logs; either is
// left out where it is empty.
//
// Thread: any; pure.
std::string ProblemDetails(uint16_t status, std::string_view detail, std::string_view reason);

}  // namespace sluice::http
