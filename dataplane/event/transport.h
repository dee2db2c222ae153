// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"

namespace sluice::event {

// What a read or write came to. A small value of the request path.
struct IoResult {
  enum class Status : uint8_t {
    kOk,     // Some bytes moved; more may be possible.
    kAgain,  // Would block; wait for readiness (see Transport::wants_*).
    kEof,    // The peer has ended its side, cleanly.
    kError   // The connection is gone or its TLS is broken.
  };
  Status status = Status::kOk;
  size_t bytes = 0;
};

// What a TLS handshake came to. Views live as long as the transport.
struct TlsFacts {
  std::string_view version;  // "TLSv1.3".
  std::string_view cipher;
  std::string_view server_name;  // SNI, normalized; empty for none.

  // Of the client certificate, if it was verified: its subject and subject alternative names.
  bool peer_verified = false;
  std::string peer_subject;
  std::vector<std::string> peer_uris;
  std::vector<std::string> peer_dns_names;
};

// A Transport moves bytes between a connected socket and buffers: plain, or TLS (tls/transport.h).
//
// Thread:   its worker's only.
// Lifetime: owned by a Connection; closes its descriptor when destroyed.
class Transport {
 public:
  virtual ~Transport() = default;

  virtual int fd() const = 0;

  // Receives behind `in`, up to about `limit` bytes. One recv for plain sockets unless the block
  // was filled.
  virtual IoResult Read(base::Buffer& in, size_t limit) = 0;

  // Sends from the front of `out`, draining what was taken. kAgain when the socket took less than
  // all, with the bytes it took; kOk when `out` is empty. Called with an empty `out` it sends what
  // the transport itself holds back (wants_write).
  virtual IoResult Write(base::Buffer& out) = 0;

  // Continues a handshake: kOk when done (at once for plain), kAgain, or kError. After kOk with
  // wants_write() a Write is due this turn, be it of an empty buffer.
  virtual IoResult Handshake() = 0;

  // After kAgain: which readiness the transport itself waits for. TLS may need to read in order to
  // write, and the reverse.
  virtual bool wants_read() const = 0;
  virtual bool wants_write() const = 0;

  // Bytes already received and decrypted below us, that no readiness will announce.
  virtual bool has_buffered_input() const = 0;

  // Ends our direction: FIN, or close_notify and FIN.
  virtual void ShutdownWrite() = 0;

  // The protocol agreed by ALPN ("h2", "http/1.1"); empty for none or plain.
  virtual std::string_view alpn() const = 0;

  // Null for a plain transport, and before the handshake is done.
  virtual std::optional<TlsFacts> tls() const { return std::nullopt; }

  // Why it failed, in words for a log ("certificate verify failed: ..."); empty if it did not.
  virtual std::string_view failure() const = 0;
};

}  // namespace sluice::event
