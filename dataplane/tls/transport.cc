// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/transport.h"

#include <openssl/bio.h>
#include <openssl/digest.h>
#include <openssl/sha.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/log/check.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dataplane/tls/boringssl.h"
#include "dataplane/tls/certificate.h"
#include "dataplane/tls/server_hello.h"

namespace sluice::tls {

using event::IoResult;
using Status = event::IoResult::Status;

namespace {

constexpr size_t kReceiveSize = 64 * 1024;
constexpr size_t kEncryptBatch = 64 * 1024;
constexpr size_t kRecordSize = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr size_t kMaxIovecs = 16;

// Where a thread receives. Between two calls nothing of it is in use.
char* ReceiveBuffer() {
  thread_local const std::unique_ptr<char[]> buffer(new char[kReceiveSize]);
  return buffer.get();
}

// Where slices too small for a record of their own are put together.
char* GatherBuffer() {
  thread_local const std::unique_ptr<char[]> buffer(new char[kRecordSize]);
  return buffer.get();
}

std::string SystemError(int error) {
  const char* text = strerrordesc_np(error);
  return text == nullptr ? "unknown error" : text;
}

}  // namespace

// The library's side of a transport: a BIO that reads `input_` and appends to `encrypted_out_`.
struct SslIo {
  static int Read(BIO* bio, char* out, int size) noexcept {
    auto* self = static_cast<TlsTransport*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (self->input_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const size_t n = std::min(static_cast<size_t>(size), self->input_.size());
    std::memcpy(out, self->input_.data(), n);
    self->input_.remove_prefix(n);
    return static_cast<int>(n);
  }

  static int Write(BIO* bio, const char* data, int size) noexcept {
    auto* self = static_cast<TlsTransport*>(BIO_get_data(bio));
    self->encrypted_out_.AppendCopy({data, static_cast<size_t>(size)});
    return size;
  }

  static long Control(BIO*, int command, long, void*) noexcept {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static const BIO_METHOD* Method() {
    static const BIO_METHOD* const method = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index(), "sluice");
      BIO_meth_set_read(m, Read);
      BIO_meth_set_write(m, Write);
      BIO_meth_set_ctrl(m, Control);
      BIO_meth_set_create(m, [](BIO* bio) noexcept {
        BIO_set_init(bio, 1);
        return 1;
      });
      return m;
    }();
    return method;
  }
};

void NoteVerifyFailure(const ssl_st* ssl, std::string failure) {
  auto* transport = static_cast<TlsTransport*>(SSL_get_app_data(ssl));
  transport->failure_ = absl::StrCat("certificate verify failed: ", failure);
}

void TlsTransport::SslDeleter::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsTransport::~TlsTransport() = default;

void TlsTransport::Adopt(ssl_st* ssl) {
  ssl_.reset(ssl);
  BIO* bio = BIO_new(SslIo::Method());
  CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, static_cast<TlsTransport*>(this));
  // What only the handshake needs is freed after it.
  SSL_set_shed_handshake_config(ssl, 1);
}

IoResult TlsTransport::Handshake() {
  if (end_ != Status::kOk) return {end_, 0};
  if (handshake_done_) return SendEncrypted();
  if (!std::exchange(handshake_begun_, true) && is_server()) {
    // The client speaks first, and readiness will tell: asking now would mostly hear "not yet".
    waits_for_input_ = true;
    return {Status::kAgain, 0};
  }
  if (const IoResult sent = SendEncrypted(); sent.status != Status::kOk) return sent;
  if (!waits_for_input_) return ContinueHandshake();
  const IoResult received = Receive(kReceiveSize);
  if (received.status == Status::kAgain) return received;
  if (received.status == Status::kEof) {
    EndInput(Status::kError, "peer closed during the handshake");
  }
  if (received.status != Status::kOk) return {Status::kError, 0};
  if (!OnHandshakeInput(input_)) {
    input_ = {};
    end_ = Status::kError;
    return {Status::kError, 0};
  }
  return ContinueHandshake();
}

IoResult TlsTransport::ContinueHandshake() {
  for (;;) {
    const int result = SSL_do_handshake(ssl());
    if (result == 1) return FinishHandshake();
    switch (SSL_get_error(ssl(), result)) {
      case SSL_ERROR_WANT_READ: {
        waits_for_input_ = true;
        const IoResult sent = SendEncrypted();
        return sent.status == Status::kError ? sent : IoResult{Status::kAgain, 0};
      }
      case SSL_ERROR_PENDING_CERTIFICATE:
        if (OnHelloRead()) continue;
        // The library waits for us here, so the alert is ours to send.
        SSL_send_fatal_alert(ssl(), SSL_AD_UNRECOGNIZED_NAME);
        return FailHandshake("nobody here takes a connection for this server name");
      default:
        return FailHandshake("handshake failure");
    }
  }
}

IoResult TlsTransport::FinishHandshake() {
  handshake_done_ = true;
  failure_.clear();
  KeepInput();
  // The last that a TLS 1.3 server has to say are tickets. Nobody waits for them, so they may save
  // a system call by leaving with the first answer.
  tickets_held_ = is_server() && SSL_version(ssl()) == TLS1_3_VERSION;
  if (tickets_held_) return {Status::kOk, 0};
  // A client's last words leave with its first request if there is one this turn; see
  // Connection::ContinueHandshake. A TLS 1.2 server's are waited for.
  if (!is_server()) return {Status::kOk, 0};
  return SendEncrypted();
}

// The alert that says why goes out first, as far as the socket takes it.
IoResult TlsTransport::FailHandshake(std::string_view otherwise) {
  const std::string reason = TakeError(otherwise);
  if (failure_.empty()) failure_ = reason;
  SendEncrypted();
  end_ = Status::kError;
  return {Status::kError, 0};
}

IoResult TlsTransport::Receive(size_t limit) {
  char* buffer = ReceiveBuffer();
  ssize_t n;
  do {
    n = recv(fd(), buffer, std::clamp<size_t>(limit, kRecordSize, kReceiveSize), 0);
  } while (n < 0 && errno == EINTR);
  if (n > 0) {
    input_ = {buffer, static_cast<size_t>(n)};
    return {Status::kOk, static_cast<size_t>(n)};
  }
  if (n == 0) return {Status::kEof, 0};
  if (errno == EAGAIN) return {Status::kAgain, 0};
  EndInput(Status::kError, SystemError(errno));
  return {Status::kError, 0};
}

// The thread's buffer is about to be someone else's.
void TlsTransport::KeepInput() {
  encrypted_in_ = std::string(input_);
  input_ = {};
}

IoResult TlsTransport::Read(base::Buffer& in, size_t limit) {
  if (end_ != Status::kOk) {
    end_untold_ = false;
    return {end_, 0};
  }
  const std::string kept = std::exchange(encrypted_in_, std::string());
  if (!kept.empty()) {
    input_ = kept;
  } else if (const IoResult received = Receive(limit); received.status == Status::kEof) {
    EndInput(Status::kError, "peer closed without close_notify");
    return {Status::kError, 0};
  } else if (received.status != Status::kOk) {
    return received;
  }
  const size_t total = Decrypt(in);
  input_ = {};
  if (total > 0) {
    end_untold_ = end_ != Status::kOk;
    return {Status::kOk, total};
  }
  if (end_ != Status::kOk) return {end_, 0};
  return {Status::kAgain, 0};  // A record is not whole yet.
}

// Decrypts all of `input_`, so that none of it need be kept.
size_t TlsTransport::Decrypt(base::Buffer& in) {
  size_t total = 0;
  for (;;) {
    const absl::Span<char> room = in.Reserve();
    const int n = SSL_read(ssl(), room.data(), static_cast<int>(room.size()));
    in.Commit(n > 0 ? static_cast<size_t>(n) : 0);
    if (n > 0) {
      total += static_cast<size_t>(n);
      continue;
    }
    switch (SSL_get_error(ssl(), n)) {
      case SSL_ERROR_WANT_READ:
        return total;
      case SSL_ERROR_ZERO_RETURN:
        EndInput(Status::kEof, "");
        return total;
      default:
        EndInput(Status::kError, TakeError("broken TLS record"));
        SendEncrypted();  // The alert.
        return total;
    }
  }
}

void TlsTransport::EndInput(Status how, std::string why) {
  end_ = how;
  if (failure_.empty()) failure_ = std::move(why);
}

IoResult TlsTransport::Write(base::Buffer& out) {
  size_t taken = 0;
  tickets_held_ = false;
  for (;;) {
    // Tickets, or a client's Finished, leave together with the first bytes.
    if (encrypted_out_.size() < kEncryptBatch) taken += Encrypt(out, kEncryptBatch);
    const IoResult sent = SendEncrypted();
    if (sent.status != Status::kOk) return {sent.status, taken};
    if (out.empty()) return {Status::kOk, taken};
  }
}

// Encrypts about `limit` bytes from the front of `out` and returns how many.
size_t TlsTransport::Encrypt(base::Buffer& out, size_t limit) {
  size_t taken = 0;
  while (!out.empty() && taken < limit) {
    std::string_view piece = out.front().view();
    // A record costs 22 bytes and a call of the cipher: small slices (a head, a chunk's frame)
    // share one with what follows.
    if (piece.size() < kRecordSize / 4 && out.size() > piece.size()) {
      std::array<iovec, kMaxIovecs> iov;
      const size_t count = out.FillIovec(absl::MakeSpan(iov));
      char* gathered = GatherBuffer();
      size_t n = 0;
      for (size_t i = 0; i < count && n < kRecordSize; ++i) {
        const size_t part = std::min(iov[i].iov_len, kRecordSize - n);
        std::memcpy(gathered + n, iov[i].iov_base, part);
        n += part;
      }
      piece = {gathered, n};
    }
    piece = piece.substr(0, kEncryptBatch);
    // The BIO takes all there is, so this is whole or broken.
    const int n = SSL_write(ssl(), piece.data(), static_cast<int>(piece.size()));
    if (n <= 0) {
      EndInput(Status::kError, TakeError("cannot encrypt"));
      return taken;
    }
    out.Drain(static_cast<size_t>(n));
    taken += static_cast<size_t>(n);
  }
  return taken;
}

IoResult TlsTransport::SendEncrypted() {
  while (!encrypted_out_.empty()) {
    std::array<iovec, kMaxIovecs> iov;
    msghdr message = {};
    message.msg_iov = iov.data();
    message.msg_iovlen = encrypted_out_.FillIovec(absl::MakeSpan(iov));
    size_t offered = 0;
    for (size_t i = 0; i < message.msg_iovlen; ++i) offered += iov[i].iov_len;
    const ssize_t n = sendmsg(fd(), &message, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return {Status::kAgain, 0};
      if (failure_.empty()) failure_ = SystemError(errno);
      return {Status::kError, 0};
    }
    encrypted_out_.Drain(static_cast<size_t>(n));
    if (static_cast<size_t>(n) < offered) return {Status::kAgain, 0};
  }
  return {end_ == Status::kError ? Status::kError : Status::kOk, 0};
}

void TlsTransport::ShutdownWrite() {
  if (handshake_done_ && end_ != Status::kError) {
    SSL_shutdown(ssl());
    ERR_clear_error();
  }
  SendEncrypted();
  shutdown(fd(), SHUT_WR);
}

std::string_view TlsTransport::alpn() const {
  const uint8_t* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::optional<event::TlsFacts> TlsTransport::tls() const {
  if (!handshake_done_) return std::nullopt;
  event::TlsFacts facts{
      .version = version(), .cipher = cipher_suite(), .server_name = requested_name()};
  if (auto peer = peer_certificate(); peer.has_value()) {
    facts.peer_verified = true;
    facts.peer_subject = std::move(peer->subject);
    facts.peer_uris = std::move(peer->uris);
    facts.peer_dns_names = std::move(peer->dns_names);
  }
  return facts;
}

std::string_view TlsTransport::version() const { return SSL_get_version(ssl()); }

std::string_view TlsTransport::cipher_suite() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl());
  return cipher == nullptr ? std::string_view() : SSL_CIPHER_standard_name(cipher);
}

bool TlsTransport::resumed() const { return SSL_session_reused(ssl()) == 1; }

std::optional<PeerCertificate> TlsTransport::peer_certificate() const {
  bssl::UniquePtr<X509> x509(SSL_get_peer_certificate(ssl()));
  if (x509 == nullptr || !handshake_done_ || !verifies_peer()) return std::nullopt;
  PeerCertificate peer;
  peer.subject = SubjectOf(x509.get());
  for (SubjectAltName& name : SubjectAltNames(x509.get())) {
    if (name.type == SubjectAltName::Type::kDns) peer.dns_names.push_back(std::move(name.value));
    if (name.type == SubjectAltName::Type::kUri) peer.uris.push_back(std::move(name.value));
  }
  uint8_t digest[SHA256_DIGEST_LENGTH];
  unsigned size = 0;
  if (X509_digest(x509.get(), EVP_sha256(), digest, &size)) {
    peer.sha256_hex =
        absl::BytesToHexString({reinterpret_cast<const char*>(digest), sizeof(digest)});
  }
  return peer;
}

}  // namespace sluice::tls
