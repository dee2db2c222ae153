// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/field_parser.h"

#include "dataplane/http1/char_scan.h"

namespace sluice::http1 {
namespace {

bool IsOws(char c) { return c == ' ' || c == '\t'; }

// Why the byte that should have been a colon is none.
ParseError BadNameEnd(const char* p) {
  if (IsOws(*p)) return BadSyntax("space-before-colon");
  if (*p == '\r') return BadSyntax(p[1] == '\n' ? "field-without-colon" : "bare-cr");
  return BadSyntax(IsControl(*p) ? "control-in-field-name" : "bad-field-name");
}

}  // namespace

FieldParser::Result FieldParser::Fail(ParseError error) {
  error_ = error;
  return Result::kError;
}

FieldParser::Result FieldParser::AtLineWithoutName() {
  if (*at_ == '\r') {
    if (at_[1] == '\n') return Result::kEnd;
    return Fail(BadSyntax("bare-cr"));
  }
  if (IsOws(*at_)) return Fail(BadSyntax("obs-fold"));
  if (*at_ == ':') return Fail(BadSyntax("empty-field-name"));
  return Fail(BadNameEnd(at_));
}

bool FieldParser::SkipSpaceBeforeColon(char*& p) {
  if (!space_before_colon_) return false;
  while (IsOws(*p)) ++p;
  return *p == ':';
}

FieldParser::Result FieldParser::Next(http::HeaderMap::Field& field) {
  // The loops stop at the section's last CRLF, which is part of no name and no value.
  char* p = LowerName(at_, end_);
  const auto name_size = static_cast<size_t>(p - at_);
  if (name_size == 0) return AtLineWithoutName();
  if (*p != ':' && !SkipSpaceBeforeColon(p)) return Fail(BadNameEnd(p));
  field.name = {at_, name_size};

  do ++p;
  while (IsOws(*p));
  const char* value = p;
  const char* value_end = FindControl(p, end_);
  if (*value_end != '\r') return Fail(BadSyntax("control-in-field-value"));
  if (value_end[1] != '\n') return Fail(BadSyntax("bare-cr"));
  at_ = p + (value_end - value) + 2;
  while (value_end != value && IsOws(value_end[-1])) --value_end;
  field.value = {value, static_cast<size_t>(value_end - value)};

  if (fields_left_ == 0) return Fail(HeadersTooLarge("too-many-fields"));
  --fields_left_;
  if (name_size > limits_.max_name_bytes) return Fail(HeadersTooLarge("field-name-too-long"));
  if (field.value.size() > limits_.max_value_bytes) {
    return Fail(HeadersTooLarge("field-value-too-long"));
  }
  field.id = http::FindHeaderId(field.name);
  return Result::kField;
}

}  // namespace sluice::http1
