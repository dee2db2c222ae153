// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/http/codec_options.h"
#include "dataplane/http/header_map.h"
#include "dataplane/http1/parse_error.h"

namespace sluice::http1 {

// A FieldParser reads the field lines of one complete head or trailer section in one pass,
// lower-casing names in place. It knows the grammar of RFC 9112 §5 and the limits; what a field
// means is the business of FieldNotes.
//
// Thread:   its worker's only.
// Lifetime: the fields are views of the section's bytes.
// Errors:   obs-fold, bare CR, controls, bad names, and what is over a limit; see error().
// Limits:   max_headers_count, max_name_bytes, max_value_bytes.
class FieldParser {
 public:
  enum class Result : uint8_t { kField, kEnd, kError };

  // [begin, end) are the field lines and the empty line, as HeadScanner found them (so the last
  // two bytes are CRLF and every LF follows a CR). `space_before_colon` forgives spaces and tabs
  // there by removing them, which only a response is due (RFC 9112 §5.1).
  FieldParser(char* begin, const char* end, const http::MessageLimits& limits, size_t max_count,
              bool space_before_colon)
      : at_(begin),
        end_(end),
        limits_(limits),
        fields_left_(max_count),
        space_before_colon_(space_before_colon) {}

  Result Next(http::HeaderMap::Field& field);

  const ParseError& error() const { return error_; }
  size_t fields_left() const { return fields_left_; }

 private:
  Result Fail(ParseError error);
  Result AtLineWithoutName();
  // Moves past spaces in front of a colon where that is forgiven.
  bool SkipSpaceBeforeColon(char*& p);

  char* at_;
  const char* end_;
  const http::MessageLimits& limits_;
  size_t fields_left_;
  bool space_before_colon_;
  ParseError error_;
};

}  // namespace sluice::http1
