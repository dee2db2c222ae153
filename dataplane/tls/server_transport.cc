// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "dataplane/tls/boringssl.h"
#include "dataplane/tls/server_hello.h"
#include "dataplane/tls/transport.h"

namespace sluice::tls {

// What a connection speaks to until its context is chosen: reads a hello and stops. Starting over
// with the chosen context's own SSL, rather than moving this one to it, means that every setting is
// that context's; SSL_set_SSL_CTX would leave versions, verification and the session cache behind.
struct HelloReader {
  static ssl_select_cert_result_t OnHello(const SSL_CLIENT_HELLO* hello) noexcept {
    auto* transport =
        static_cast<TlsServerTransport*>(static_cast<TlsTransport*>(SSL_get_app_data(hello->ssl)));
    auto info = std::make_unique<ClientHelloInfo>();
    if (!ReadClientHello(*hello, *info)) return ssl_select_cert_error;
    transport->hello_info_ = std::move(info);
    return ssl_select_cert_retry;
  }

  static SSL* NewSsl() {
    static SSL_CTX* const context = [] {
      SSL_CTX* context = SSL_CTX_new(TLS_method());
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
      SSL_CTX_set_select_certificate_cb(context, OnHello);
      return context;
    }();
    SSL* ssl = SSL_new(context);
    SSL_set_accept_state(ssl);
    return ssl;
  }
};

namespace {

// Records add to a hello; a client may also cut it in small ones, down to a point.
constexpr size_t kMaxHelloOnWire = kMaxClientHello + 1024;

}  // namespace

TlsServerTransport::TlsServerTransport(event::UniqueFd fd,
                                       std::shared_ptr<const ServerTlsContext> context)
    : TlsTransport(std::move(fd)), context_(std::move(context)) {
  Adopt(context_->NewSsl());
}

TlsServerTransport::TlsServerTransport(event::UniqueFd fd, ServerContextSelector& selector)
    : TlsTransport(std::move(fd)), selector_(&selector) {
  Adopt(HelloReader::NewSsl());
}

TlsServerTransport::~TlsServerTransport() = default;

void NoteClientHello(const ssl_st* ssl, const ClientHelloInfo& info) {
  auto* transport =
      static_cast<TlsServerTransport*>(static_cast<TlsTransport*>(SSL_get_app_data(ssl)));
  transport->server_name_ = info.server_name;
  transport->hello_done_ = true;
}

bool TlsServerTransport::OnHandshakeInput(std::string_view bytes) {
  if (hello_done_) {
    hello_bytes_ = std::string();  // Replayed by now.
    return true;
  }
  // A client has nothing else to say before we answer, so all of this is its hello.
  hello_size_ += bytes.size();
  if (hello_size_ > kMaxHelloOnWire) {
    set_failure("client hello over 16 KiB");
    return false;
  }
  if (selector_ != nullptr) hello_bytes_.append(bytes);
  return true;
}

bool TlsServerTransport::OnHelloRead() {
  if (hello_info_ == nullptr || selector_ == nullptr) return false;
  const std::unique_ptr<ClientHelloInfo> info = std::move(hello_info_);
  context_ = std::exchange(selector_, nullptr)->Select(*info);
  if (context_ == nullptr) return false;
  Adopt(context_->NewSsl());
  set_input(hello_bytes_);
  return true;
}

}  // namespace sluice::tls
