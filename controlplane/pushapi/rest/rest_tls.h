// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>

#include "controlplane/access/tls_material.h"

namespace sluice::pushapi {

// RestTls gives handshakes the context that the material of this moment makes. TLS 1.2 at least; no
// resumption, so that each connection shows its whole certificate chain.
//
// Thread:   any.
// Lifetime: the source outlives it.
class RestTls {
 public:
  // `asks_for_certificates`: a client may show one, where there is a client CA; it is verified.
  RestTls(const access::TlsSource& source, bool asks_for_certificates)
      : source_(source), asks_(asks_for_certificates) {}

  // Null for plaintext.
  [[nodiscard]] std::shared_ptr<SSL_CTX> Current();

 private:
  const access::TlsSource& source_;
  const bool asks_;
  std::mutex mutex_;
  std::shared_ptr<const access::TlsMaterial> made_of_;
  std::shared_ptr<SSL_CTX> context_;
};

}  // namespace sluice::pushapi
