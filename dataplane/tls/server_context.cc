// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/server_context.h"

#include <openssl/cipher.h>
#include <openssl/digest.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/tls/boringssl.h"
#include "dataplane/tls/certificate.h"
#include "dataplane/tls/names.h"
#include "dataplane/tls/peer_verifier.h"
#include "dataplane/tls/server_hello.h"
#include "dataplane/tls/settings.h"
#include "dataplane/tls/ticket_keys.h"

namespace sluice::tls {
namespace {

// Names of authorities are sent in the clear in TLS 1.2 and cost room in every handshake.
constexpr size_t kMaxAuthorityNames = 100;

// The keys of all contexts that were given none, so that a change of configuration does not end
// every session. Whether a ticket fits a context is decided by the session id context.
std::shared_ptr<TicketKeys> OwnTicketKeys() {
  static auto* const keys =
      new std::shared_ptr<TicketKeys>(std::make_shared<TicketKeys>(base::Clock::System()));
  return *keys;
}

// Feeds a hash so that no two lists of fields give the same bytes.
class IdentityHash {
 public:
  IdentityHash() { SHA256_Init(&state_); }
  void Add(std::string_view field) {
    const uint64_t size = field.size();
    SHA256_Update(&state_, &size, sizeof(size));
    SHA256_Update(&state_, field.data(), field.size());
  }
  void Add(uint64_t number) { SHA256_Update(&state_, &number, sizeof(number)); }
  std::string Finish() {
    std::string out(SHA256_DIGEST_LENGTH, '\0');
    SHA256_Final(reinterpret_cast<uint8_t*>(out.data()), &state_);
    return out;
  }

 private:
  SHA256_CTX state_;
};

std::string IdentityOf(const config::DownstreamTls& config) {
  IdentityHash hash;
  hash.Add(config.common.certificates.size());
  for (const auto& certificate : config.common.certificates) {
    hash.Add(certificate.certificate_chain_pem);
  }
  hash.Add(config.require_client_certificate);
  const config::TlsValidation* v = config.common.validation.get();
  hash.Add(v != nullptr);
  if (v == nullptr) return hash.Finish();
  hash.Add(v->trusted_ca_pem);
  hash.Add(v->system_roots);
  hash.Add(v->crl_pem);
  hash.Add(v->allow_expired);
  hash.Add(v->trust_chain_only_leaf_crl);
  hash.Add(v->sans.size());
  for (const auto& san : v->sans) {
    hash.Add(static_cast<uint64_t>(san.type));
    hash.Add(static_cast<uint64_t>(san.match));
    hash.Add(san.value);
    hash.Add(san.ignore_case);
  }
  hash.Add(v->spki_sha256_base64.size());
  for (const auto& pin : v->spki_sha256_base64) hash.Add(pin);
  hash.Add(v->certificate_sha256_hex.size());
  for (const auto& pin : v->certificate_sha256_hex) hash.Add(pin);
  return hash.Finish();
}

}  // namespace

struct ServerTlsContext::Internals {
  bssl::UniquePtr<SSL_CTX> ssl_context;
  std::vector<LoadedCertificate> certificates;
  std::unique_ptr<const PeerVerifier> verifier;
  std::shared_ptr<TicketKeys> ticket_keys;
  std::string alpn;  // Wire form, our preference first.

  static Internals* Of(const SSL* ssl) {
    return static_cast<Internals*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  }

  absl::Status LoadCertificates(const config::DownstreamTls& config, const base::Clock& clock,
                                std::vector<std::string>& warnings);
  absl::Status AskForClientCertificates(const config::DownstreamTls& config);
  absl::Status SetTickets(const config::DownstreamTls& config);

  // The trampolines that SSL_CTX takes.
  static ssl_select_cert_result_t OnClientHello(const SSL_CLIENT_HELLO* hello) noexcept;
  static int OnAlpn(SSL* ssl, const uint8_t** out, uint8_t* out_size, const uint8_t* in,
                    unsigned in_size, void*) noexcept;
  static int OnVerify(X509_STORE_CTX* context, void* self) noexcept;
  static int OnTicket(SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* hmac,
                      int encrypt) noexcept;
  using Certificates = absl::InlinedVector<const LoadedCertificate*, 4>;
  Certificates OrderFor(std::string_view server_name) const;
};

ServerTlsContext::ServerTlsContext() : internals_(std::make_unique<Internals>()) {}
ServerTlsContext::~ServerTlsContext() = default;

absl::StatusOr<std::shared_ptr<const ServerTlsContext>> ServerTlsContext::Create(
    const config::DownstreamTls& config, const base::Clock& clock) {
  std::shared_ptr<ServerTlsContext> context(new ServerTlsContext());
  Internals& in = *context->internals_;
  SLUICE_ASSIGN_OR_RETURN(in.ssl_context, NewSslContext(config.common));
  SSL_CTX* ssl_context = in.ssl_context.get();
  SSL_CTX_set_app_data(ssl_context, &in);
  SLUICE_RETURN_IF_ERROR(in.LoadCertificates(config, clock, context->warnings_));
  SLUICE_ASSIGN_OR_RETURN(in.alpn, EncodeAlpn(config.common.alpn));
  SLUICE_RETURN_IF_ERROR(in.AskForClientCertificates(config));
  SLUICE_RETURN_IF_ERROR(in.SetTickets(config));
  SSL_CTX_set_select_certificate_cb(ssl_context, Internals::OnClientHello);
  if (!in.alpn.empty()) SSL_CTX_set_alpn_select_cb(ssl_context, Internals::OnAlpn, nullptr);
  context->asks_for_client_certificate_ = in.verifier != nullptr;
  context->identity_ = IdentityOf(config);
  SSL_CTX_set_session_id_context(ssl_context,
                                 reinterpret_cast<const uint8_t*>(context->identity_.data()),
                                 context->identity_.size());
  return std::shared_ptr<const ServerTlsContext>(std::move(context));
}

ssl_st* ServerTlsContext::NewSsl() const {
  SSL* ssl = SSL_new(internals_->ssl_context.get());
  SSL_set_accept_state(ssl);
  return ssl;
}

absl::Status ServerTlsContext::Internals::LoadCertificates(const config::DownstreamTls& config,
                                                           const base::Clock& clock,
                                                           std::vector<std::string>& warnings) {
  if (config.common.certificates.empty()) {
    return absl::InvalidArgumentError("a TLS listener needs a certificate; none is given");
  }
  for (const config::TlsCertificate& certificate : config.common.certificates) {
    SLUICE_ASSIGN_OR_RETURN(LoadedCertificate loaded, LoadCertificate(certificate, clock));
    if (!loaded.warning.empty()) warnings.push_back(loaded.warning);
    if (!SSL_CTX_add1_credential(ssl_context.get(), loaded.credential.get())) {
      return absl::InternalError(TakeError("certificate refused"));
    }
    certificates.push_back(std::move(loaded));
  }
  return absl::OkStatus();
}

absl::Status ServerTlsContext::Internals::AskForClientCertificates(
    const config::DownstreamTls& config) {
  if (config.common.validation == nullptr) {
    if (!config.require_client_certificate) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "client certificates are required, but nothing says which to trust");
  }
  SLUICE_ASSIGN_OR_RETURN(verifier, PeerVerifier::Create(*config.common.validation));
  SSL_CTX* context = ssl_context.get();
  SSL_CTX_set_cert_store(context, bssl::UpRef(verifier->store()).release());
  SSL_CTX_set_verify(
      context,
      SSL_VERIFY_PEER | (config.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
      nullptr);
  SSL_CTX_set_cert_verify_callback(context, OnVerify, this);
  if (verifier->authorities().size() <= kMaxAuthorityNames) {
    for (const auto& authority : verifier->authorities()) {
      SSL_CTX_add_client_CA(context, authority.get());
    }
  }
  return absl::OkStatus();
}

absl::Status ServerTlsContext::Internals::SetTickets(const config::DownstreamTls& config) {
  SSL_CTX* context = ssl_context.get();
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (!config.session_tickets) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    return absl::OkStatus();
  }
  if (config.ticket_keys.empty()) {
    ticket_keys = OwnTicketKeys();
  } else {
    SLUICE_ASSIGN_OR_RETURN(std::vector<TicketKeys::Key> given,
                            TicketKeys::Parse(config.ticket_keys));
    ticket_keys = std::make_shared<TicketKeys>(base::Clock::System(), std::move(given));
  }
  SSL_CTX_set_tlsext_ticket_key_cb(context, OnTicket);
  const auto timeout = static_cast<uint32_t>(std::clamp<int64_t>(
      config.session_timeout_s, 1,
      TicketKeys::kRotateSeconds * static_cast<int64_t>(TicketKeys::kKeptKeys - 1)));
  SSL_CTX_set_timeout(context, timeout);
  SSL_CTX_set_session_psk_dhe_timeout(context, timeout);
  return absl::OkStatus();
}

ssl_select_cert_result_t ServerTlsContext::Internals::OnClientHello(
    const SSL_CLIENT_HELLO* hello) noexcept {
  ClientHelloInfo info;
  if (!ReadClientHello(*hello, info)) return ssl_select_cert_error;
  NoteClientHello(hello->ssl, info);
  const Internals* self = Of(hello->ssl);
  if (self->certificates.size() > 1 && !info.server_name.empty()) {
    SSL_certs_clear(hello->ssl);
    for (const LoadedCertificate* certificate : self->OrderFor(info.server_name)) {
      SSL_add1_credential(hello->ssl, certificate->credential.get());
    }
  }
  return ssl_select_cert_success;
}

bool ServerTlsContext::has_one_certificate() const { return internals_->certificates.size() == 1; }

bool ServerTlsContext::PresentsSameCertificate(std::string_view name,
                                               std::string_view other) const {
  return has_one_certificate() || internals_->OrderFor(name) == internals_->OrderFor(other);
}

// The library takes the first certificate whose key type the client can check: so those that carry
// the name stand first, in the order of configuration.
ServerTlsContext::Internals::Certificates ServerTlsContext::Internals::OrderFor(
    std::string_view server_name) const {
  const auto covers = [server_name](const LoadedCertificate& certificate) {
    return std::any_of(
        certificate.dns_names.begin(), certificate.dns_names.end(),
        [server_name](const std::string& name) { return DnsNameCovers(name, server_name); });
  };
  Certificates order;
  for (bool wanted : {true, false}) {
    for (const LoadedCertificate& certificate : certificates) {
      if (covers(certificate) == wanted) order.push_back(&certificate);
    }
  }
  return order;
}

int ServerTlsContext::Internals::OnAlpn(SSL* ssl, const uint8_t** out, uint8_t* out_size,
                                        const uint8_t* in, unsigned in_size, void*) noexcept {
  const std::string& ours = Of(ssl)->alpn;
  uint8_t* selected = nullptr;
  if (SSL_select_next_proto(&selected, out_size, reinterpret_cast<const uint8_t*>(ours.data()),
                            static_cast<unsigned>(ours.size()), in,
                            in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol, RFC 7301 section 3.2.
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

int ServerTlsContext::Internals::OnVerify(X509_STORE_CTX* context, void* self) noexcept {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  std::string failure;
  const bool ok = static_cast<Internals*>(self)->verifier->Verify(context, "", failure);
  if (!ok) NoteVerifyFailure(ssl, std::move(failure));
  return ok ? 1 : 0;
}

int ServerTlsContext::Internals::OnTicket(SSL* ssl, uint8_t* name, uint8_t* iv,
                                          EVP_CIPHER_CTX* cipher, HMAC_CTX* hmac,
                                          int encrypt) noexcept {
  TicketKeys& keys = *Of(ssl)->ticket_keys;
  TicketKeys::Key key;
  bool renew = false;
  if (encrypt != 0) {
    key = keys.Current();
    std::copy(key.name.begin(), key.name.end(), name);
    RAND_bytes(iv, EVP_CIPHER_iv_length(EVP_aes_256_cbc()));
  } else if (!keys.Find(name, key, renew)) {
    return 0;
  }
  if (!HMAC_Init_ex(hmac, key.hmac.data(), key.hmac.size(), EVP_sha256(), nullptr) ||
      !EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.aes.data(), iv, encrypt)) {
    return -1;
  }
  return renew ? 2 : 1;
}

}  // namespace sluice::tls
