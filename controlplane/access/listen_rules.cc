// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/listen_rules.h"

#include "controlplane/access/loopback.h"

namespace sluice::access {

std::string ObjectionTo(std::string_view address, const TlsMaterial& tls, bool is_open) {
  if (std::string objection = ObjectionTo(tls); !objection.empty()) return objection;
  if (IsLoopback(address)) return {};
  if (!tls.has_tls()) return "off loopback TLS is required: give a certificate and its key";
  if (is_open) {
    return "off loopback a credential is required: give tokens, or for proxies a client CA";
  }
  return {};
}

}  // namespace sluice::access
