// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/tls_material.h"

#include <openssl/err.h>

#include <vector>

#include "controlplane/access/pem.h"

namespace sluice::access {

std::string ObjectionTo(const TlsMaterial& material) {
  if (material.certificate_pem.empty() != material.key_pem.empty()) {
    return "TLS needs both a certificate and its key";
  }
  if (!material.client_ca_pem.empty()) {
    if (!material.has_tls()) {
      return "a client CA is of no use without TLS: give a certificate and its key too";
    }
    if (ReadCertificates(material.client_ca_pem).empty()) {
      return "the client CA holds no certificate that can be read";
    }
  }
  if (!material.has_tls()) return {};
  const std::vector<CertificatePtr> chain = ReadCertificates(material.certificate_pem);
  if (chain.empty()) return "the certificate cannot be read (PEM is expected)";
  const KeyPtr key = ReadKey(material.key_pem);
  if (key == nullptr) return "the key cannot be read (PEM without a passphrase is expected)";
  const bool is_pair = X509_check_private_key(chain[0].get(), key.get()) == 1;
  ERR_clear_error();
  return is_pair ? "" : "the key is not the certificate's";
}

}  // namespace sluice::access
