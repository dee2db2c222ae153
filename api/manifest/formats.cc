// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/formats.h"

#include <arpa/inet.h>
#include <re2/re2.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sluice::manifest {
namespace {

constexpr size_t kMaxRegexBytes = 4096;
// A route table may hold thousands: what one of them may cost is bounded here, once.
constexpr int64_t kMaxRegexMemory = 1 << 20;

constexpr std::string_view kLabelRule =
    "must be a DNS label: at most 63 of a-z, 0-9 and \"-\", starting and ending with a letter or "
    "digit.";
constexpr std::string_view kSubdomainRule =
    "must be a DNS name in lower case: labels of a-z, 0-9 and \"-\" joined by dots, at most 253 "
    "bytes.";

bool IsLowerAlnum(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }

bool IsLabel(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  if (!IsLowerAlnum(text.front()) || !IsLowerAlnum(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

bool IsSubdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (const std::string_view label : absl::StrSplit(text, '.')) {
    if (!IsLabel(label)) return false;
  }
  return true;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-.^_`|~", c);
  });
}

bool IsLabelName(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  if (!absl::ascii_isalnum(text.front()) || !absl::ascii_isalnum(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

bool IsQualifiedName(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return IsLabelName(text);
  return IsSubdomain(text.substr(0, slash)) && IsLabelName(text.substr(slash + 1));
}

// "1.2.3.4" is a fine DNS name by its letters, so it is told apart here.
bool IsIP(std::string_view text) { return IsIPv4(text) || IsIPv6(text); }

std::string CheckHostname(std::string_view text, bool may_be_wildcard) {
  if (IsIP(text)) return "must be a host name; an IP address cannot be matched here.";
  std::string_view name = text;
  if (may_be_wildcard && absl::StartsWith(name, "*.")) name.remove_prefix(2);
  if (IsSubdomain(name)) return {};
  std::string reason = absl::StrCat("host name \"", text, "\" ", kSubdomainRule);
  if (absl::StrContains(name, '*')) {
    absl::StrAppend(&reason, may_be_wildcard
                                 ? " A wildcard may only be the whole first label (\"*.\")."
                                 : " A wildcard is not possible here.");
  } else if (absl::StrContains(name, ':')) {
    absl::StrAppend(&reason, " Leave the port out.");
  }
  return reason;
}

std::string CheckHeaderValue(std::string_view text) {
  for (const char c : text) {
    if (absl::ascii_iscntrl(c) && c != '\t') return "must not hold control characters.";
  }
  if (!text.empty() && (absl::ascii_isspace(text.front()) || absl::ascii_isspace(text.back()))) {
    return "must not begin or end with white space.";
  }
  return {};
}

std::string CheckDomainPath(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos && slash + 1 < text.size() &&
      IsSubdomain(text.substr(0, slash)) && !absl::StrContains(text, ' ')) {
    return {};
  }
  return "must be a domain, \"/\" and a path, such as \"sluice.dev/gateway-controller\".";
}

std::string Unless(bool ok, std::string_view rule) {
  return ok ? std::string() : std::string(rule);
}

}  // namespace

std::string CheckFormat(api::Format format, std::string_view text) {
  if (text.empty()) return {};
  switch (format) {
    case api::FORMAT_DNS_LABEL:
      return Unless(IsLabel(text), kLabelRule);
    case api::FORMAT_DNS_SUBDOMAIN:
      return Unless(IsSubdomain(text), kSubdomainRule);
    case api::FORMAT_HOSTNAME:
      return CheckHostname(text, /*may_be_wildcard=*/true);
    case api::FORMAT_PRECISE_HOSTNAME:
      return CheckHostname(text, /*may_be_wildcard=*/false);
    case api::FORMAT_RE2:
      return CheckRegex(text);
    case api::FORMAT_HEADER_NAME:
      return Unless(IsToken(text),
                    "must be a token: letters, digits and !#$%&'*+-.^_`|~, without spaces.");
    case api::FORMAT_HEADER_VALUE:
      return CheckHeaderValue(text);
    case api::FORMAT_IP:
      return Unless(IsIP(text), "must be an IPv4 or IPv6 address, without brackets or port.");
    case api::FORMAT_ABSOLUTE_PATH:
      return Unless(text.front() == '/', "must start with \"/\".");
    case api::FORMAT_LABEL_VALUE:
      return Unless(IsLabelName(text),
                    "must be at most 63 letters, digits, \"-\", \"_\" and \".\", starting and "
                    "ending with a letter or digit.");
    case api::FORMAT_QUALIFIED_NAME:
      return Unless(IsQualifiedName(text),
                    "must be a name of at most 63 letters, digits, \"-\", \"_\" and \".\", perhaps "
                    "after a DNS name and \"/\".");
    case api::FORMAT_DOMAIN_PATH:
      return CheckDomainPath(text);
    default:
      return {};
  }
}

std::string CheckRegex(std::string_view text) {
  if (text.size() > kMaxRegexBytes) {
    return absl::StrCat("regular expression must not be longer than ", kMaxRegexBytes, " bytes.");
  }
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kMaxRegexMemory);
  const RE2 regex(re2::StringPiece(text.data(), text.size()), options);
  if (regex.ok()) return {};
  return absl::StrCat("is not a regular expression that RE2 accepts: ", regex.error(), ".");
}

std::string CheckRoutePath(std::string_view text) {
  if (text.empty() || text.front() != '/') return "must start with \"/\".";
  for (const std::string_view bad : {"//", "/./", "/../"}) {
    if (absl::StrContains(text, bad)) return absl::StrCat("must not hold \"", bad, "\".");
  }
  for (const std::string_view bad : {"/.", "/.."}) {
    if (absl::EndsWith(text, bad)) return absl::StrCat("must not end with \"", bad, "\".");
  }
  if (absl::StrContainsIgnoreCase(text, "%2f")) return "must not hold an escaped slash (\"%2f\").";
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) ||
          !absl::ascii_isxdigit(text[i + 2])) {
        return "holds a \"%\" that is not followed by two hexadecimal digits.";
      }
    } else if (!absl::ascii_isalnum(text[i]) && !absl::StrContains("/-._~!$&'()*+,;=:@", text[i])) {
      return absl::StrCat("holds \"", text.substr(i, 1),
                          "\", which a URL path cannot hold; escape it with \"%\".");
    }
  }
  return {};
}

bool IsIPv4(std::string_view text) {
  in_addr address;
  return text.size() <= INET_ADDRSTRLEN &&
         inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

bool IsIPv6(std::string_view text) {
  in6_addr address;
  return text.size() <= INET6_ADDRSTRLEN &&
         inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

}  // namespace sluice::manifest
