// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/syntax.h"

#include <array>

namespace sluice::http {
namespace {

enum Class : uint8_t {
  kToken = 1,
  kUpper = 2,
  kValue = 4,    // May stand in a field value: visible, space, tab, obs-text.
  kRegName = 8,  // unreserved / sub-delims / "%" of RFC 3986 §3.2.2, without the comma.
  kDigit = 16,
  kHex = 32,
};

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  const auto mark = [&](std::string_view chars, uint8_t bits) {
    for (const char c : chars) classes[static_cast<uint8_t>(c)] |= bits;
  };
  mark("abcdefghijklmnopqrstuvwxyz", kToken | kRegName);
  mark("ABCDEFGHIJKLMNOPQRSTUVWXYZ", kToken | kRegName | kUpper);
  mark("0123456789", kToken | kRegName | kDigit | kHex);
  mark("abcdefABCDEF", kHex);
  mark("!#$%&'*+-.^_`|~", kToken);
  mark("-._~!$&'()*+;=%", kRegName);
  for (int c = 0x20; c < 0x7f; ++c) classes[c] |= kValue;
  for (int c = 0x80; c < 0x100; ++c) classes[c] |= kValue;
  classes['\t'] |= kValue;
  return classes;
}

constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, uint8_t bits) { return (kClasses[static_cast<uint8_t>(c)] & bits) != 0; }

bool IsPort(std::string_view s) {
  uint64_t port = 0;
  return s.size() <= 5 && ParseDecimal(s, port) && port >= 1 && port <= 65535;
}

// A loose check of what stands between brackets: hex digits, colons, dots; zone ids are refused.
bool IsIpv6Literal(std::string_view s) {
  if (s.size() < 2) return false;
  size_t colons = 0;
  for (const char c : s) {
    if (c == ':') {
      ++colons;
    } else if (c != '.' && !Is(c, kHex)) {
      return false;
    }
  }
  return colons >= 2 && colons <= 7;
}

}  // namespace

bool IsToken(std::string_view s) {
  for (const char c : s) {
    if (!Is(c, kToken)) return false;
  }
  return !s.empty();
}

bool IsFieldName(std::string_view s) {
  for (const char c : s) {
    if (!Is(c, kToken) || Is(c, kUpper)) return false;
  }
  return !s.empty();
}

bool IsFieldValue(std::string_view s) {
  for (const char c : s) {
    if (!Is(c, kValue)) return false;
  }
  return TrimOws(s).size() == s.size();
}

void LowerCase(char* data, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (Is(data[i], kUpper)) data[i] = static_cast<char>(data[i] | 0x20);
  }
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const char x = Is(a[i], kUpper) ? static_cast<char>(a[i] | 0x20) : a[i];
    const char y = Is(b[i], kUpper) ? static_cast<char>(b[i] | 0x20) : b[i];
    if (x != y) return false;
  }
  return true;
}

std::string_view TrimOws(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

bool IsAuthority(std::string_view s) {
  if (s.empty() || s.size() > 255 + 6) return false;
  if (s.front() == '[') {
    const size_t close = s.find(']');
    if (close == std::string_view::npos || !IsIpv6Literal(s.substr(1, close - 1))) return false;
    const std::string_view rest = s.substr(close + 1);
    return rest.empty() || (rest.front() == ':' && IsPort(rest.substr(1)));
  }
  const size_t colon = s.find(':');
  const std::string_view host = s.substr(0, colon);
  if (host.empty()) return false;
  for (const char c : host) {
    if (!Is(c, kRegName)) return false;
  }
  return colon == std::string_view::npos || IsPort(s.substr(colon + 1));
}

HostPort SplitAuthority(std::string_view authority) {
  const size_t close = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || (close != std::string_view::npos && colon < close)) {
    return {authority, {}};
  }
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

bool ParseDecimal(std::string_view s, uint64_t& out) {
  if (s.empty() || s.size() > 19) return false;
  uint64_t value = 0;
  for (const char c : s) {
    if (!Is(c, kDigit)) return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  if (value > uint64_t{INT64_MAX}) return false;
  out = value;
  return true;
}

std::string_view ReasonPhrase(uint16_t status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 103:
      return "Early Hints";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 508:
      return "Loop Detected";
  }
  return "Unknown";
}

}  // namespace sluice::http
