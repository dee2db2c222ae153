// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/buffer.h"
#include "dataplane/event/socket.h"
#include "dataplane/event/transport.h"
#include "dataplane/tls/client_context.h"
#include "dataplane/tls/server_context.h"

struct ssl_st;

namespace sluice::tls {

// Who a peer is, by its certificate; only one that was verified is reported.
struct PeerCertificate {
  std::string subject;
  std::vector<std::string> dns_names;
  std::vector<std::string> uris;
  std::string sha256_hex;
};

// A TlsTransport moves bytes over a socket through BoringSSL. The library never touches the socket:
// it reads from what one recv brought (into a buffer that the thread's connections share) and
// writes into a Buffer that one sendmsg empties, so a turn costs as many system calls as without
// TLS, and an idle connection holds no I/O buffer.
//
// A peer that ends TCP without close_notify is an error, not the end of the stream: whoever cuts a
// connection must not be able to pass off half a message as a whole one (RFC 8446 section 6.1).
//
// Thread:   its worker's only.
// Lifetime: owns the descriptor.
// Errors:   IoResult; failure() has the words.
// Limits:   64 KiB of received input a read, all of which is decrypted; below 192 KiB of encrypted
//           output (64 that the socket has not taken, and a batch behind them) and its records'
//           overhead; 17 KiB until a client's hello is there.
class TlsTransport : public event::Transport {
 public:
  ~TlsTransport() override;

  int fd() const final { return fd_.get(); }
  event::IoResult Read(base::Buffer& in, size_t limit) final;
  event::IoResult Write(base::Buffer& out) final;
  event::IoResult Handshake() final;
  bool wants_read() const final { return encrypted_out_.empty(); }
  bool wants_write() const final { return !encrypted_out_.empty() && !tickets_held_; }
  bool has_buffered_input() const final { return !encrypted_in_.empty() || end_untold_; }
  void ShutdownWrite() final;
  std::string_view alpn() const final;
  std::string_view failure() const final { return failure_; }
  std::optional<event::TlsFacts> tls() const final;

  // What was agreed; meaningful once the handshake is done.
  std::string_view version() const;       // "TLSv1.3"
  std::string_view cipher_suite() const;  // "TLS_AES_128_GCM_SHA256"
  bool resumed() const;
  std::optional<PeerCertificate> peer_certificate() const;

 protected:
  explicit TlsTransport(event::UniqueFd fd) : fd_(std::move(fd)) {}

  // Takes over `ssl`, a fresh one, for all that follows.
  void Adopt(ssl_st* ssl);
  ssl_st* ssl() const { return ssl_.get(); }
  void set_failure(std::string text) { failure_ = std::move(text); }

  // The library stopped at the client's hello (server side): true if it may go on, with another
  // SSL.
  virtual bool OnHelloRead() { return false; }
  // Bytes that the peer sent before its handshake is done. False refuses them.
  virtual bool OnHandshakeInput(std::string_view bytes) { return true; }
  virtual bool is_server() const = 0;
  // What the client asked for by SNI, normalized; empty for none.
  virtual std::string_view requested_name() const { return {}; }
  virtual bool verifies_peer() const = 0;
  // Makes the library read `bytes` next, in place of what is left of the last receive. They must
  // live until the next OnHandshakeInput.
  void set_input(std::string_view bytes) { input_ = bytes; }

 private:
  friend void NoteVerifyFailure(const ssl_st* ssl, std::string failure);
  friend struct SslIo;
  struct SslDeleter {
    void operator()(ssl_st* ssl) const;
  };

  event::IoResult ContinueHandshake();
  event::IoResult FinishHandshake();
  // Receives once into `input_`: kOk, kAgain, kEof or kError.
  event::IoResult Receive(size_t limit);
  // Sends what is encrypted; kOk when all went.
  event::IoResult SendEncrypted();
  size_t Encrypt(base::Buffer& out, size_t limit);
  size_t Decrypt(base::Buffer& in);
  void KeepInput();
  event::IoResult FailHandshake(std::string_view otherwise);
  void EndInput(event::IoResult::Status how, std::string why);

  event::UniqueFd fd_;
  std::unique_ptr<ssl_st, SslDeleter> ssl_;
  // What the library may read now, during a call.
  std::string_view input_;
  // Received but not yet read by the library: what followed a handshake's last message.
  std::string encrypted_in_;
  base::Buffer encrypted_out_;
  std::string failure_;
  event::IoResult::Status end_ = event::IoResult::Status::kOk;
  bool end_untold_ = false;
  bool handshake_begun_ = false;
  bool handshake_done_ = false;
  bool waits_for_input_ = false;
  // All that is encrypted are a server's session tickets: they leave with its first bytes.
  bool tickets_held_ = false;
};

// The server side. With a selector, the context is chosen once the client's hello is there.
class TlsServerTransport final : public TlsTransport {
 public:
  TlsServerTransport(event::UniqueFd fd, std::shared_ptr<const ServerTlsContext> context);
  // `selector` is asked once, and must outlive the handshake.
  TlsServerTransport(event::UniqueFd fd, ServerContextSelector& selector);
  ~TlsServerTransport() override;

  // Normalized; empty if the client named none.
  std::string_view server_name() const { return server_name_; }
  // Null until chosen.
  const ServerTlsContext* context() const { return context_.get(); }

 private:
  friend struct HelloReader;
  friend void NoteClientHello(const ssl_st* ssl, const ClientHelloInfo& info);

  bool OnHelloRead() override;
  std::string_view requested_name() const override { return server_name_; }
  bool OnHandshakeInput(std::string_view bytes) override;
  bool is_server() const override { return true; }
  bool verifies_peer() const override { return context_->asks_for_client_certificate(); }

  std::shared_ptr<const ServerTlsContext> context_;
  ServerContextSelector* selector_ = nullptr;
  std::unique_ptr<ClientHelloInfo> hello_info_;  // Between hello and choice.
  std::string hello_bytes_;                      // Replayed to the chosen context's SSL.
  size_t hello_size_ = 0;
  bool hello_done_ = false;
  std::string server_name_;
};

// The client side.
class TlsClientTransport final : public TlsTransport {
 public:
  TlsClientTransport(event::UniqueFd fd, std::shared_ptr<const ClientTlsContext> context,
                     const ClientTlsTarget& target);
  ~TlsClientTransport() override;

  // The name that the server's certificate must carry; empty leaves it to the configured names, or
  // refuses where there are none (auto_san_validation).
  std::string_view required_name() const { return required_name_; }
  const std::string& session_key() const { return session_key_; }

 private:
  bool is_server() const override { return false; }
  bool verifies_peer() const override { return context_->verifies_peer(); }

  std::shared_ptr<const ClientTlsContext> context_;
  std::string required_name_;
  std::string session_key_;
};

}  // namespace sluice::tls
