// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/swapped_tls.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <mutex>
#include <string>

namespace sluice::rpc {
namespace {

grpc_ssl_client_certificate_request_type RequestType(ClientCertificate certificate) {
  switch (certificate) {
    case ClientCertificate::kRequired:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    case ClientCertificate::kAsked:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case ClientCertificate::kNotAsked:
      break;
  }
  return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
}

class SwappedTlsCredentials : public grpc::ServerCredentials {
 public:
  SwappedTlsCredentials(const access::TlsSource& source, ClientCertificate certificate)
      : source_(source),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                RequestType(certificate), Fetch, this))) {}

  ~SwappedTlsCredentials() override { grpc_server_credentials_release(credentials_); }

  // Calls are judged when they arrive (judged_call.h), not here.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) noexcept {
    return static_cast<SwappedTlsCredentials*>(self)->FetchNext(config);
  }

  grpc_ssl_certificate_config_reload_status FetchNext(grpc_ssl_server_certificate_config** config) {
    const std::shared_ptr<const access::TlsMaterial> current = source_.Current();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (current == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair{current->key_pem.c_str(),
                                          current->certificate_pem.c_str()};
    // gRPC 1.51 aborts without a CA, also where no certificate is asked for and none is consulted.
    const std::string& client_ca =
        current->client_ca_pem.empty() ? current->certificate_pem : current->client_ca_pem;
    *config = grpc_ssl_server_certificate_config_create(client_ca.c_str(), &pair, 1);
    if (*config == nullptr) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
    given_ = current;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const access::TlsSource& source_;
  std::mutex mutex_;
  std::shared_ptr<const access::TlsMaterial> given_;
  grpc_server_credentials* const credentials_;  // last: it asks at once
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> SwappedTls(const access::TlsSource& source,
                                                    ClientCertificate certificate) {
  const std::shared_ptr<const access::TlsMaterial> material = source.Current();
  if (!material->has_tls()) return grpc::InsecureServerCredentials();
  if (material->client_ca_pem.empty()) certificate = ClientCertificate::kNotAsked;
  return std::make_shared<SwappedTlsCredentials>(source, certificate);
}

}  // namespace sluice::rpc
