// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/request_guard.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "dataplane/event/socket.h"
#include "dataplane/http/syntax.h"

namespace sluice::admin {
namespace {

bool IsLiteralOrLocalhost(std::string_view authority) {
  if (!http::IsAuthority(authority)) return false;
  std::string_view host = http::SplitAuthority(authority).host;
  if (host == "localhost") return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return event::Address::FromIp(host, 0).ok();
}

}  // namespace

std::optional<AdminReply> RefuseForeign(const AdminRequest& request) {
  if (!IsLiteralOrLocalhost(request.authority)) {
    return Problem(403, absl::StrCat("host \"", request.authority,
                                     "\" is refused: use an IP address or localhost"));
  }
  if (request.has_origin) {
    return Problem(403, "a request with an Origin is refused: the admin is not for web pages");
  }
  return std::nullopt;
}

}  // namespace sluice::admin
