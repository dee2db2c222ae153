// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::telemetry {

// Ways to put bytes that a client chose into a line, so that they can neither end it nor forge
// another (DOS-12). Each appends at most `max_bytes` and stops in front of what does not fit, never
// inside a character or an escape.

// The inside of a JSON string (RFC 8259 §7). What is not UTF-8 becomes U+FFFD, since a line that is
// not UTF-8 is not JSON.
void AppendJsonEscaped(std::string_view value, size_t max_bytes, std::string& out);

// One line of plain text: control bytes, DEL and what is not UTF-8 as \xHH; quotes and backslashes
// behind a backslash, so that a quoted value ends where its quote does.
void AppendTextEscaped(std::string_view value, size_t max_bytes, std::string& out);

// The inside of a label value of Prometheus' text format.
void AppendLabelEscaped(std::string_view value, std::string& out);

// The first `max_bytes` of `value`, less what would be a broken UTF-8 character at the end.
std::string_view CutUtf8(std::string_view value, size_t max_bytes);

}  // namespace sluice::telemetry
