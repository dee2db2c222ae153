// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/explain/request_text.h"

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace sluice::sluicectl {
namespace {

absl::Status ReadUrl(std::string_view url, RequestText& out) {
  const std::string whole(url);
  if (absl::ConsumePrefix(&url, "https://")) {
    out.is_tls = true;
  } else if (!absl::ConsumePrefix(&url, "http://")) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", whole, "\" must begin with http:// or https://"));
  }
  url = url.substr(0, url.find('#'));
  const size_t path = url.find_first_of("/?");
  const std::string_view authority = url.substr(0, path);
  out.path = path == url.npos ? "/" : std::string(url.substr(path));
  if (out.path[0] == '?') out.path.insert(0, "/");
  out.authority = absl::AsciiStrToLower(authority);
  out.port = out.is_tls ? 443 : 80;
  // After the bracket of an IPv6 address.
  const size_t colon = authority.find(':', authority.starts_with("[") ? authority.find(']') : 0);
  out.host = absl::AsciiStrToLower(authority.substr(0, colon));
  uint32_t port = 0;
  if (colon != authority.npos) {
    if (!absl::SimpleAtoi(authority.substr(colon + 1), &port) || port == 0 || port > 65535) {
      return absl::InvalidArgumentError(absl::StrCat("\"", whole, "\" has no valid port"));
    }
    out.port = static_cast<uint16_t>(port);
  }
  if (out.host.empty())
    return absl::InvalidArgumentError(absl::StrCat("\"", whole, "\" has no host"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RequestText> ParseRequestText(const std::string& method, const std::string& url,
                                             const std::vector<std::string>& headers) {
  RequestText out;
  out.method = method;
  SLUICE_RETURN_IF_ERROR(ReadUrl(url, out));
  for (const std::string& header : headers) {
    const size_t colon = header.find(':');
    if (colon == 0 || colon == header.npos) {
      return absl::InvalidArgumentError(absl::StrCat("-H \"", header, "\" must be NAME: VALUE"));
    }
    std::string name = absl::AsciiStrToLower(header.substr(0, colon));
    std::string value(absl::StripAsciiWhitespace(header.substr(colon + 1)));
    if (name == "host") {
      out.authority = absl::AsciiStrToLower(value);
    } else {
      out.headers.emplace_back(std::move(name), std::move(value));
    }
  }
  return out;
}

}  // namespace sluice::sluicectl
