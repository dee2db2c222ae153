// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/listen_security.h"

#include <grpcpp/security/server_credentials.h>

#include "controlplane/rpc/credentials.h"

namespace sluice::rpc {

std::string ObjectionTo(const std::string& address, const ListenSecurity& security) {
  const bool has_tls = !security.certificate_pem.empty();
  if (has_tls != !security.key_pem.empty()) {
    return "TLS needs both a certificate and its key";
  }
  if (!has_tls && !security.client_ca_pem.empty()) {
    return "a client CA is of no use without TLS: give a certificate and its key too";
  }
  if (IsLoopback(address)) return {};
  if (!has_tls) return "off loopback TLS is required: give a certificate and its key";
  if (IsOpen(security)) {
    return "off loopback a credential is required: give a client CA or tokens";
  }
  return {};
}

std::shared_ptr<grpc::ServerCredentials> TransportOf(const ListenSecurity& security) {
  if (security.certificate_pem.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions ssl(
      security.client_ca_pem.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
      // With tokens about, a certificate is one of two ways in; it is verified if it is given.
      : security.has_tokens ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                            : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  ssl.pem_root_certs = security.client_ca_pem;
  ssl.pem_key_cert_pairs.push_back({security.key_pem, security.certificate_pem});
  return grpc::SslServerCredentials(ssl);
}

}  // namespace sluice::rpc
