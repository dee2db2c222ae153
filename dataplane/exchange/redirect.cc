// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/redirect.h"

#include "dataplane/http/syntax.h"

namespace sluice::exchange {
namespace {

uint32_t DefaultPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

}  // namespace

std::string RedirectLocation(const config::Redirect& redirect, std::string_view scheme,
                             std::string_view authority, std::string_view path) {
  const std::string_view new_scheme = redirect.scheme.empty() ? scheme : redirect.scheme;
  const http::HostPort old = http::SplitAuthority(authority);
  const std::string_view host = redirect.host.empty() ? old.host : redirect.host;

  std::string out;
  out.append(new_scheme).append("://").append(host);
  if (redirect.port != 0) {
    if (redirect.port != DefaultPort(new_scheme)) out.append(":" + std::to_string(redirect.port));
  } else if (redirect.host.empty() && !old.port.empty()) {
    // As Envoy: the port goes with the scheme only if it is the old one's own.
    const bool was_usual = old.port == std::to_string(DefaultPort(scheme));
    if (new_scheme == scheme || !was_usual) out.append(":").append(old.port);
  }

  const size_t question = path.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : path.substr(question);
  if (redirect.path.has_value()) {
    out.append(*redirect.path);
    // A path that brings its own query replaces the client's.
    if (redirect.path->find('?') != std::string::npos) return out;
  } else {
    out.append(path.substr(0, question));
  }
  if (!redirect.strip_query) out.append(query);
  return out;
}

}  // namespace sluice::exchange
