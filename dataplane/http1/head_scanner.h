// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/buffer.h"

namespace sluice::http1 {

// A HeadScanner finds the empty line that ends a head or trailer section, in bytes that arrive
// piece by piece, and never looks at a byte twice. It checks line ends only: the fields are the
// business of FieldParser.
//
// What it answers depends on the bytes alone, not on how they were cut.
//
// Thread:   its worker's only.
// Lifetime: Reset between sections.
// Errors:   a bare LF.
// Limits:   looks at no more than `limit` bytes; fixed size.
class HeadScanner {
 public:
  enum class Result : uint8_t { kIncomplete, kComplete, kBareLf, kTooLarge };

  // `in` starts at the section's first byte and has only grown since the last call.
  Result Scan(const base::Buffer& in, size_t limit);

  // Bytes of the section, its empty line included. Meaningful after kComplete.
  size_t size() const { return offset_; }
  // How far the look has gone; 0 when nothing has arrived yet.
  size_t offset() const { return offset_; }
  // Whether the first line has ended.
  bool past_first_line() const { return line_start_ > 0; }

  void Reset() { *this = HeadScanner(); }

 private:
  // Scans one piece that starts at offset_. True when the section ended or is bad.
  bool ScanPiece(const char* piece, size_t size);
  // Judges the line feed at piece[i]. True when the section ended or is bad.
  bool AtLineFeed(const char* piece, size_t i);

  size_t offset_ = 0;      // Of the next byte to look at.
  size_t line_start_ = 0;  // Of the current line's first byte.
  char last_byte_ = 0;     // The byte before offset_.
  Result result_ = Result::kIncomplete;
};

}  // namespace sluice::http1
