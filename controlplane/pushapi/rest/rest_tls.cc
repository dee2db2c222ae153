// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/rest/rest_tls.h"

#include <openssl/err.h>

#include <vector>

#include "controlplane/access/pem.h"

namespace sluice::pushapi {
namespace {

void AskForCertificate(SSL_CTX* context, const std::string& ca_pem) {
  for (const access::CertificatePtr& authority : access::ReadCertificates(ca_pem)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
    SSL_CTX_add_client_CA(context, authority.get());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

// The material was checked when it was read.
std::shared_ptr<SSL_CTX> Make(const access::TlsMaterial& material, bool asks) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  const std::vector<access::CertificatePtr> chain =
      access::ReadCertificates(material.certificate_pem);
  for (size_t i = 0; i < chain.size(); ++i) {
    if (i == 0) {
      SSL_CTX_use_certificate(context.get(), chain[i].get());
    } else {
      SSL_CTX_add1_chain_cert(context.get(), chain[i].get());
    }
  }
  SSL_CTX_use_PrivateKey(context.get(), access::ReadKey(material.key_pem).get());
  if (asks && !material.client_ca_pem.empty()) {
    AskForCertificate(context.get(), material.client_ca_pem);
  }
  ERR_clear_error();
  return context;
}

}  // namespace

std::shared_ptr<SSL_CTX> RestTls::Current() {
  const std::shared_ptr<const access::TlsMaterial> material = source_.Current();
  if (!material->has_tls()) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (made_of_ != material) {
    context_ = Make(*material, asks_);
    made_of_ = material;
  }
  return context_;
}

}  // namespace sluice::pushapi
