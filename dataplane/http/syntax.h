// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::http {

// Character classes and small grammars of RFC 9110 and 3986, one place for both codecs, the router
// and the configuration check.

bool IsToken(std::string_view s);       // RFC 9110 §5.6.2: not empty, token characters alone.
bool IsFieldName(std::string_view s);   // A token in lower case.
bool IsFieldValue(std::string_view s);  // No control bytes but tab, no edge whitespace.

// Lower-cases ASCII in place.
void LowerCase(char* data, size_t size);

bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// Without leading and trailing spaces and tabs.
std::string_view TrimOws(std::string_view s);

// host[:port] of RFC 9110 §7.2: reg-name, IPv4 or [IPv6], and a port of 1 to 65535, which is not
// empty where there is a colon; no userinfo, comma, slash, space or control (H1-22, H2-05). At most
// 261 bytes. Empty is not valid.
bool IsAuthority(std::string_view s);

// Splits a valid authority. `port` is empty when there is none.
struct HostPort {
  std::string_view host;  // IPv6 keeps its brackets.
  std::string_view port;
};
HostPort SplitAuthority(std::string_view authority);

// Decimal digits only, at most 19 of them, no sign, no space: content-length (H1-03). False, with
// `out` as it was, on anything else, and for what is above 2^63-1.
bool ParseDecimal(std::string_view s, uint64_t& out);

// The value of a comma-separated list field, element by element: calls visit(std::string_view)
// with each element trimmed, empty ones skipped; stops and returns false when visit does.
template <typename Visit>
bool ForEachListElement(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view element = TrimOws(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (!element.empty() && !visit(element)) return false;
  }
  return true;
}

// The name of a status code ("Not Found"); "Unknown" if it has none.
std::string_view ReasonPhrase(uint16_t status);

}  // namespace sluice::http
