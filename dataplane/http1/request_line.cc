// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/request_line.h"

#include "dataplane/http/syntax.h"
#include "dataplane/http1/char_scan.h"

namespace sluice::http1 {
namespace {

constexpr size_t kVersionSize = 8;  // "HTTP/1.1"

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

ParseError BadTargetEnd(char c) {
  if (c == '#') return BadSyntax("fragment-in-target");
  if (c == '\r') return BadSyntax("missing-version");
  return BadSyntax(IsControl(c) ? "control-in-target" : "bad-target");
}

// The bytes behind "scheme://", or npos if the target is not in absolute-form for http(s).
size_t SchemeEnd(std::string_view target) {
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (http::EqualsIgnoreCase(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return std::string_view::npos;
}

ParseError ParseAbsoluteForm(const RequestLine& line, const http::Http1Options& options,
                             base::Arena& arena, Target& target) {
  const size_t start = SchemeEnd(line.target);
  if (start == std::string_view::npos) return BadSyntax("bad-target");
  if (!options.allow_absolute_url) return BadSyntax("absolute-form-not-allowed");
  const std::string_view rest = line.target.substr(start);
  // The authority ends at a '?' as well as at a '/'.
  const size_t end = rest.find_first_of("/?");
  target.authority = rest.substr(0, end);
  if (!http::IsAuthority(target.authority)) return BadSyntax("bad-authority");
  if (end == std::string_view::npos) {
    target.path = line.method == "OPTIONS" ? "*" : "/";  // RFC 9112 §3.2.4
  } else if (rest[end] == '?') {
    target.path = arena.Concat(std::string_view("/"), rest.substr(end));
  } else {
    target.path = rest.substr(end);
  }
  return {};
}

}  // namespace

ParseError ParseVersion(std::string_view text, http::Version& version) {
  if (text == "HTTP/1.1") {
    version = http::Version::kHttp11;
    return {};
  }
  if (text == "HTTP/1.0") {
    version = http::Version::kHttp10;
    return {};
  }
  if (text.size() == kVersionSize && text.substr(0, 5) == "HTTP/" && IsDigit(text[5]) &&
      text[6] == '.' && IsDigit(text[7])) {
    return {505, http::ErrorKind::kVersionUnsupported, "unsupported-version"};
  }
  return BadSyntax("bad-version");
}

ParseError ParseRequestLine(const char* begin, const char* end, const http::Http1Options& options,
                            RequestLine& line) {
  // Every loop stops at the CR of the section's last line, if not before.
  const char* p = begin;
  while (kNameMap[static_cast<uint8_t>(*p)] != 0) ++p;
  if (p == begin || *p != ' ') return BadSyntax("bad-method");
  line.method = {begin, static_cast<size_t>(p - begin)};

  const char* target = ++p;
  p = FindTargetEnd(p, end);
  if (*p != ' ') return BadTargetEnd(*p);
  if (p == target) return BadSyntax("empty-target");
  line.target = {target, static_cast<size_t>(p - target)};
  if (line.target.size() > options.limits.max_uri_bytes) {
    return {414, http::ErrorKind::kUriTooLong, "uri-too-long"};
  }

  const char* version = ++p;
  p = FindControl(p, end);
  if (p[0] != '\r' || p[1] != '\n') {
    return BadSyntax(p[0] == '\r' ? "bare-cr" : "bad-version");
  }
  line.end = p + 2;
  return ParseVersion({version, static_cast<size_t>(p - version)}, line.version);
}

ParseError ParseTarget(const RequestLine& line, const http::Http1Options& options,
                       base::Arena& arena, Target& target) {
  if (line.method == "CONNECT") {
    if (!http::IsAuthority(line.target) || http::SplitAuthority(line.target).port.empty()) {
      return BadSyntax("bad-connect-target");
    }
    target.authority = line.target;
    return {};
  }
  if (line.target.front() == '/') {
    target.path = line.target;
    return {};
  }
  if (line.target == "*") {
    if (line.method != "OPTIONS") return BadSyntax("asterisk-without-options");
    target.path = line.target;
    return {};
  }
  return ParseAbsoluteForm(line, options, arena, target);
}

}  // namespace sluice::http1
