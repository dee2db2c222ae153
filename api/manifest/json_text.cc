// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/json_text.h"

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace sluice::manifest {
namespace {

// Unicode's line breaks and controls that YAML does not take raw: NEL and C1 (C2 80..9F), LS and
// PS (E2 80 A8/A9), the byte order mark (EF BB BF) and FFFE/FFFF (EF BF BE/BF). Length in bytes
// and code point, or 0.
size_t EscapedLength(std::string_view rest, unsigned* code_point) {
  const auto byte = [rest](size_t i) { return static_cast<unsigned char>(rest[i]); };
  if (rest.size() >= 2 && byte(0) == 0xC2 && byte(1) < 0xA0) {
    *code_point = byte(1);
    return 2;
  }
  for (const std::string_view bad :
       {"\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF", "\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    if (!absl::StartsWith(rest, bad)) continue;
    *code_point = ((byte(0) & 0x0Fu) << 12) | ((byte(1) & 0x3Fu) << 6) | (byte(2) & 0x3Fu);
    return 3;
  }
  return 0;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    unsigned code_point = 0;
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += static_cast<char>(c);
    } else if (c == '\n') {
      *out += "\\n";
    } else if (c == '\t') {
      *out += "\\t";
    } else if (c == '\r') {
      *out += "\\r";
    } else if (c < 0x20 || c == 0x7F) {
      absl::StrAppendFormat(out, "\\u%04x", c);
    } else if (const size_t length = EscapedLength(text.substr(i), &code_point); length > 0) {
      absl::StrAppendFormat(out, "\\u%04x", code_point);
      i += length - 1;
    } else {
      *out += static_cast<char>(c);
    }
  }
  *out += '"';
}

}  // namespace sluice::manifest
