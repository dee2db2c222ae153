// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/path.h"

#include <algorithm>
#include <cstring>

namespace sluice::http {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// True when nothing in the path could be changed or refused, which is nearly always.
bool IsPlain(std::string_view path, const PathOptions& options) {
  char previous = 0;
  for (const char c : path) {
    if (c == '%' || c == '\\' || static_cast<unsigned char>(c) >= 0x80) return false;
    if (previous == '/' && ((c == '/' && options.merge_slashes) || (c == '.' && options.normalize)))
      return false;
    previous = c;
  }
  return true;
}

// Checks UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF.
bool IsUtf8(const char* data, size_t size) {
  const auto* s = reinterpret_cast<const unsigned char*>(data);
  for (size_t i = 0; i < size;) {
    const unsigned char c = s[i];
    if (c < 0x80) {
      ++i;
      continue;
    }
    size_t more = 0;
    uint32_t point = 0;
    if (c >= 0xc2 && c <= 0xdf) {
      more = 1;
      point = c & 0x1f;
    } else if ((c & 0xf0) == 0xe0) {
      more = 2;
      point = c & 0x0f;
    } else if (c >= 0xf0 && c <= 0xf4) {
      more = 3;
      point = c & 0x07;
    } else {
      return false;
    }
    if (i + more >= size) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((s[i + k] & 0xc0) != 0x80) return false;
      point = point << 6 | (s[i + k] & 0x3f);
    }
    if ((more == 2 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) ||
        (more == 3 && (point < 0x10000 || point > 0x10ffff)))
      return false;
    i += more + 1;
  }
  return true;
}

// Removes dot segments and, if asked, empty segments, in place (RFC 3986 §5.2.4). Returns the new
// length, or 0 if the path climbs above the root.
size_t RemoveDotSegments(char* data, size_t size, const PathOptions& options) {
  size_t out = 0;  // Length written; always stands after a whole segment.
  size_t i = 0;
  while (i < size) {
    // data[i] is '/': take the segment behind it.
    size_t end = i + 1;
    while (end < size && data[end] != '/') ++end;
    const std::string_view segment(data + i + 1, end - i - 1);
    const bool last = end == size;
    if (options.normalize && (segment == "." || segment == "..")) {
      if (segment == "..") {
        if (out == 0) return 0;
        while (data[--out] != '/') {
        }
      }
      if (last) data[out++] = '/';
    } else if (options.merge_slashes && segment.empty() && !last) {
      // An empty segment inside the path: drop it.
    } else {
      std::memmove(data + out, data + i, end - i);
      out += end - i;
    }
    i = end;
  }
  return out;
}

NormalizedPath Reject(std::string_view detail) {
  return {NormalizedPath::Outcome::kReject, {}, detail};
}

}  // namespace

NormalizedPath NormalizePath(std::string_view path, const PathOptions& options,
                             base::Arena& arena) {
  const size_t question = path.find('?');
  const std::string_view raw = path.substr(0, question);
  if (IsPlain(raw, options)) return {NormalizedPath::Outcome::kOk, path, {}};
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : path.substr(question);

  // One pass: check and normalize escapes. `decoded` holds the octets for the UTF-8 check.
  char* out = arena.Allocate(raw.size() + query.size());
  char* decoded = arena.Allocate(raw.size());
  size_t out_size = 0;
  size_t decoded_size = 0;
  bool unescaped_slash = false;
  for (size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    bool escaped = false;
    if (c == '%') {
      const int high = i + 1 < raw.size() ? HexValue(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? HexValue(raw[i + 2]) : -1;
      if (high < 0 || low < 0) return Reject("path-bad-escape");
      c = static_cast<char>(high << 4 | low);
      if (c == '\0') return Reject("path-escaped-nul");
      escaped = true;
      i += 2;
    }
    decoded[decoded_size++] = c;
    const bool slash = c == '\\' || (escaped && c == '/');
    if (slash && options.escaped_slashes != EscapedSlashes::kKeep) {
      if (options.escaped_slashes == EscapedSlashes::kReject) return Reject("path-escaped-slash");
      out[out_size++] = '/';
      unescaped_slash = true;
    } else if (escaped && options.normalize && IsUnreserved(c)) {
      out[out_size++] = c;
    } else if (escaped) {
      // The output never outgrows the input: three bytes for three.
      static constexpr char kHex[] = "0123456789ABCDEF";
      out[out_size++] = '%';
      out[out_size++] = kHex[static_cast<unsigned char>(c) >> 4];
      out[out_size++] = kHex[static_cast<unsigned char>(c) & 15];
    } else {
      out[out_size++] = c;
    }
  }
  if (!IsUtf8(decoded, decoded_size)) return Reject("path-not-utf8");
  // A second escape hidden in the first ("%2561") would be decoded by somebody behind us.
  for (size_t i = 0; i + 2 < decoded_size; ++i) {
    if (decoded[i] == '%' && HexValue(decoded[i + 1]) >= 0 && HexValue(decoded[i + 2]) >= 0) {
      return Reject("path-double-escape");
    }
  }
  if (options.normalize || options.merge_slashes) {
    out_size = RemoveDotSegments(out, out_size, options);
    if (out_size == 0) return Reject("path-above-root");
  }
  std::copy(query.begin(), query.end(), out + out_size);
  NormalizedPath result;
  result.path = {out, out_size + query.size()};
  if (unescaped_slash && options.escaped_slashes == EscapedSlashes::kUnescapeAndRedirect) {
    result.outcome = NormalizedPath::Outcome::kRedirect;
  }
  return result;
}

}  // namespace sluice::http
