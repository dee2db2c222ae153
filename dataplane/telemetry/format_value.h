// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/telemetry/format_pieces.h"
#include "dataplane/telemetry/log_entry.h"

namespace sluice::telemetry {

// What one operator is for one entry.
//
// Lifetime: the text lives in the entry, the piece or the scratch that it was made with.
struct FormatValue {
  enum class Kind : uint8_t { kMissing, kText, kNumber };
  Kind kind = Kind::kMissing;
  std::string_view text;
  uint64_t number = 0;
};

// Room for values that stand nowhere in the entry: times, addresses, flags, numbers.
struct ValueScratch {
  static constexpr size_t kBytes = 1024;
  char bytes[kBytes];
};

// Evaluates an operator (not a literal), cut at its :LENGTH. Does not allocate.
FormatValue Evaluate(const FormatPiece& piece, const LogEntry& entry, ValueScratch& scratch);

// The value as text: numbers in decimal. `value` must not be missing.
std::string_view ValueText(const FormatValue& value, ValueScratch& scratch);

}  // namespace sluice::telemetry
