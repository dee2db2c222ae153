// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/client_context.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "dataplane/tls/boringssl.h"
#include "dataplane/tls/certificate.h"
#include "dataplane/tls/names.h"
#include "dataplane/tls/peer_verifier.h"
#include "dataplane/tls/server_hello.h"
#include "dataplane/tls/settings.h"
#include "dataplane/tls/transport.h"

namespace sluice::tls {
namespace {

const TlsClientTransport& TransportOf(const SSL* ssl) {
  return *static_cast<TlsClientTransport*>(static_cast<TlsTransport*>(SSL_get_app_data(ssl)));
}

}  // namespace

struct ClientTlsContext::Internals {
  bssl::UniquePtr<SSL_CTX> ssl_context;
  std::unique_ptr<const PeerVerifier> verifier;
  std::string server_name;
  bool auto_sni = false;
  bool auto_san_validation = false;
  size_t sessions_per_target = 0;

  absl::Mutex mutex;
  absl::flat_hash_map<std::string, std::vector<bssl::UniquePtr<SSL_SESSION>>> sessions
      ABSL_GUARDED_BY(mutex);

  bssl::UniquePtr<SSL_SESSION> TakeSession(const std::string& key);
  void KeepSession(const std::string& key, bssl::UniquePtr<SSL_SESSION> session);

  static int OnVerify(X509_STORE_CTX* context, void* self) noexcept;
  static int OnNewSession(SSL* ssl, SSL_SESSION* session) noexcept;
};

ClientTlsContext::ClientTlsContext() : internals_(std::make_unique<Internals>()) {}
ClientTlsContext::~ClientTlsContext() = default;

absl::StatusOr<std::shared_ptr<const ClientTlsContext>> ClientTlsContext::Create(
    const config::UpstreamTls& config, const base::Clock& clock) {
  std::shared_ptr<ClientTlsContext> context(new ClientTlsContext());
  Internals& in = *context->internals_;
  SLUICE_ASSIGN_OR_RETURN(in.ssl_context, NewSslContext(config.common));
  SSL_CTX* ssl_context = in.ssl_context.get();
  SSL_CTX_set_app_data(ssl_context, &in);
  in.server_name = config.sni;
  in.auto_sni = config.auto_sni;
  in.auto_san_validation = config.auto_san_validation;
  in.sessions_per_target = config.max_session_keys;
  for (const config::TlsCertificate& certificate : config.common.certificates) {
    SLUICE_ASSIGN_OR_RETURN(LoadedCertificate loaded, LoadCertificate(certificate, clock));
    if (!loaded.warning.empty()) context->warnings_.push_back(loaded.warning);
    SSL_CTX_add1_credential(ssl_context, loaded.credential.get());
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string alpn, EncodeAlpn(config.common.alpn));
  if (!alpn.empty()) {
    // Contrary to the rest, this one returns zero on success.
    SSL_CTX_set_alpn_protos(ssl_context, reinterpret_cast<const uint8_t*>(alpn.data()),
                            alpn.size());
  }
  if (config.common.validation != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(in.verifier, PeerVerifier::Create(*config.common.validation));
    SSL_CTX_set_cert_store(ssl_context, bssl::UpRef(in.verifier->store()).release());
    SSL_CTX_set_verify(ssl_context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(ssl_context, Internals::OnVerify, &in);
    context->verifies_peer_ = true;
  } else if (config.auto_san_validation) {
    return absl::InvalidArgumentError(
        "the server's name is to be checked, but no CA says which certificates to trust");
  }
  SSL_CTX_set_session_cache_mode(ssl_context,
                                 in.sessions_per_target == 0
                                     ? SSL_SESS_CACHE_OFF
                                     : SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ssl_context, Internals::OnNewSession);
  return std::shared_ptr<const ClientTlsContext>(std::move(context));
}

ssl_st* ClientTlsContext::NewSsl(const ClientTlsTarget& target, std::string& required_name,
                                 std::string& session_key) const {
  Internals& in = *internals_;
  std::string name = in.server_name;
  if (in.auto_sni && !target.server_name.empty()) name = target.server_name;
  // A host may be written with the root's dot; neither SNI (RFC 6066 section 3) nor certificates
  // are.
  if (name.ends_with('.')) name.pop_back();
  SSL* ssl = SSL_new(in.ssl_context.get());
  SSL_set_connect_state(ssl);
  // An IP address is no server name (RFC 6066), but is checked like one.
  if (NormalizeServerName(name).has_value()) SSL_set_tlsext_host_name(ssl, name.c_str());
  if (in.auto_san_validation) required_name = name;
  if (in.sessions_per_target > 0) {
    session_key = absl::StrCat(name, "|", target.endpoint);
    if (bssl::UniquePtr<SSL_SESSION> session = in.TakeSession(session_key)) {
      SSL_set_session(ssl, session.get());
    }
  }
  return ssl;
}

bssl::UniquePtr<SSL_SESSION> ClientTlsContext::Internals::TakeSession(const std::string& key) {
  absl::MutexLock lock(&mutex);
  auto it = sessions.find(key);
  if (it == sessions.end() || it->second.empty()) return nullptr;
  // A TLS 1.3 ticket is used once, so that nobody can link two connections by it.
  if (!SSL_SESSION_should_be_single_use(it->second.back().get())) {
    return bssl::UpRef(it->second.back());
  }
  bssl::UniquePtr<SSL_SESSION> session = std::move(it->second.back());
  it->second.pop_back();
  return session;
}

void ClientTlsContext::Internals::KeepSession(const std::string& key,
                                              bssl::UniquePtr<SSL_SESSION> session) {
  absl::MutexLock lock(&mutex);
  if (sessions.size() >= kMaxCachedTargets && !sessions.contains(key)) {
    sessions.erase(sessions.begin());  // Any: it only costs its target a full handshake.
  }
  auto& kept = sessions[key];
  if (kept.size() >= sessions_per_target) kept.erase(kept.begin());
  kept.push_back(std::move(session));
}

int ClientTlsContext::Internals::OnVerify(X509_STORE_CTX* context, void* self) noexcept {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto& internals = *static_cast<const Internals*>(self);
  const std::string_view required = TransportOf(ssl).required_name();
  // The name comes with each connection. One that brought none (a request without a host) would be
  // content with whatever a trusted CA has signed.
  if (internals.auto_san_validation && required.empty() && !internals.verifier->checks_names()) {
    X509_STORE_CTX_set_error(context, X509_V_ERR_HOSTNAME_MISMATCH);
    NoteVerifyFailure(ssl, "there is no server name to check it against");
    return 0;
  }
  std::string failure;
  const bool ok = internals.verifier->Verify(context, required, failure);
  if (!ok) NoteVerifyFailure(ssl, std::move(failure));
  return ok ? 1 : 0;
}

int ClientTlsContext::Internals::OnNewSession(SSL* ssl, SSL_SESSION* session) noexcept {
  auto* self = static_cast<Internals*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (self->sessions_per_target == 0) return 0;
  self->KeepSession(TransportOf(ssl).session_key(), bssl::UniquePtr<SSL_SESSION>(session));
  return 1;  // The session is ours now.
}

}  // namespace sluice::tls
