// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "dataplane/telemetry/access_log.h"

namespace sluice::telemetry {

// What bounds one line of an access log. The constant part is bounded when a format is compiled,
// and the rest is what its values may share, first come first served.
inline constexpr size_t kMaxLineBytes = 64 * 1024;
inline constexpr size_t kMaxValueBytes = 4 * 1024;
inline constexpr size_t kMaxConstantBytes = 32 * 1024;
// What any value may take even when the line is full: a number, null, a dash.
inline constexpr size_t kSmallValueBytes = 24;

// Plain text with operators; one newline at its end is optional. `omit_empty`: a missing value is
// nothing instead of "-".
absl::StatusOr<std::unique_ptr<const LogFormat>> CompileTextLine(std::string_view format,
                                                                 bool omit_empty);

// A JSON object. A string that is one operator becomes that operator's value: a number, a string,
// or null where it is missing; any other string is text with operators, "-" for what is missing.
// Numbers, booleans, lists and objects stay what they are. `omit_empty`: a member whose value is
// missing is left out, and "-" is nothing.
// Limits: nested at most 16 deep.
absl::StatusOr<std::unique_ptr<const LogFormat>> CompileJsonLine(std::string_view json_template,
                                                                 bool omit_empty);

}  // namespace sluice::telemetry
