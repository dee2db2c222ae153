// SPDX-License-Identifier: Apache-2.0
#include "dataplane/telemetry/escape.h"

#include <cstdint>

namespace sluice::telemetry {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD.

uint8_t Byte(std::string_view s, size_t i) { return static_cast<uint8_t>(s[i]); }

// Printable ASCII that no format here treats specially.
bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// Length of the well-formed character at `s[i]` (RFC 3629 §4: no overlong form, no surrogate), or
// 0.
size_t CharacterLength(std::string_view s, size_t i) {
  const uint8_t lead = Byte(s, i);
  if (lead < 0x80) return 1;
  size_t length = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return 0;
  }
  if (s.size() - i < length) return 0;
  if (Byte(s, i + 1) < low || Byte(s, i + 1) > high) return 0;
  for (size_t k = 2; k < length; ++k) {
    if ((Byte(s, i + k) & 0xc0) != 0x80) return 0;
  }
  return length;
}

size_t PlainRun(std::string_view value, size_t from) {
  size_t end = from;
  while (end < value.size() && IsPlain(value[end])) ++end;
  return end - from;
}

// The JSON escape of an ASCII character that needs one, written to `out`.
std::string_view JsonEscape(char c, char (&out)[8]) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  const auto byte = static_cast<uint8_t>(c);
  out[0] = '\\', out[1] = 'u', out[2] = '0', out[3] = '0';
  out[4] = kHexDigits[byte >> 4], out[5] = kHexDigits[byte & 15];
  return {out, 6};
}

std::string_view TextEscape(char c, char (&out)[8]) {
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  const auto byte = static_cast<uint8_t>(c);
  out[0] = '\\', out[1] = 'x', out[2] = kHexDigits[byte >> 4], out[3] = kHexDigits[byte & 15];
  return {out, 4};
}

// Copies what is plain in runs; asks `escape(value, i, scratch, consumed)` about the rest.
template <typename Escape>
void AppendEscaped(std::string_view value, size_t max_bytes, std::string& out, Escape escape) {
  size_t i = 0;
  while (i < value.size()) {
    const size_t run = PlainRun(value, i);
    if (run > max_bytes) {
      out.append(value, i, max_bytes);
      return;
    }
    out.append(value, i, run);
    i += run;
    max_bytes -= run;
    if (i == value.size()) return;
    char scratch[8];
    size_t consumed = 1;
    const std::string_view piece = escape(value, i, scratch, consumed);
    if (piece.size() > max_bytes) return;
    out.append(piece);
    i += consumed;
    max_bytes -= piece.size();
  }
}

}  // namespace

void AppendJsonEscaped(std::string_view value, size_t max_bytes, std::string& out) {
  AppendEscaped(value, max_bytes, out,
                [](std::string_view s, size_t i, char(&scratch)[8], size_t& consumed) {
                  if (Byte(s, i) < 0x80) return JsonEscape(s[i], scratch);
                  const size_t length = CharacterLength(s, i);
                  if (length == 0) return kReplacement;
                  consumed = length;
                  return s.substr(i, length);
                });
}

void AppendTextEscaped(std::string_view value, size_t max_bytes, std::string& out) {
  AppendEscaped(
      value, max_bytes, out, [](std::string_view s, size_t i, char(&scratch)[8], size_t& consumed) {
        const size_t length = Byte(s, i) < 0x80 ? 0 : CharacterLength(s, i);
        // U+0080 to U+009F are control characters that some terminals obey.
        const bool is_control = length == 2 && Byte(s, i) == 0xc2 && Byte(s, i + 1) < 0xa0;
        if (length == 0 || is_control) return TextEscape(s[i], scratch);
        consumed = length;
        return s.substr(i, length);
      });
}

void AppendLabelEscaped(std::string_view value, std::string& out) {
  for (size_t i = 0; i < value.size();) {
    const size_t length = CharacterLength(value, i);
    if (length == 0) {
      out.append(kReplacement);
    } else if (value[i] == '\n') {
      out.append("\\n");
    } else {
      if (value[i] == '"' || value[i] == '\\') out.push_back('\\');
      out.append(value, i, length);
    }
    i += length == 0 ? 1 : length;
  }
}

std::string_view CutUtf8(std::string_view value, size_t max_bytes) {
  if (value.size() <= max_bytes) return value;
  size_t end = max_bytes;
  // At most three continuation bytes can stand between the cut and the character they belong to.
  for (size_t back = 0; back < 3 && end > 0 && (Byte(value, end) & 0xc0) == 0x80; ++back) --end;
  if (CharacterLength(value, end) == 0 || end + CharacterLength(value, end) <= max_bytes) {
    end = max_bytes;  // Not UTF-8 there: nothing to keep whole.
  }
  return value.substr(0, end);
}

}  // namespace sluice::telemetry
