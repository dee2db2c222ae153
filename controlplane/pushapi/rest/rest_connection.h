// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "controlplane/pushapi/rest/connection_limits.h"

namespace sluice::pushapi {

// RestConnection is one TCP connection, plain or TLS, as cpp-httplib reads and writes it, within
// limits that the library does not know: it reads lines, chunks and headers without a bound, and
// waits anew for each byte.
//
// Thread:   one; Stop any.
// Lifetime: owns the socket and closes it.
// Errors:   a read that fails or is late ends the connection after the answer, a write at once.
// Limits:   ConnectionLimits; on the wire a body may be twice as long as decoded, and 64 KiB.
class RestConnection : public httplib::Stream {
 public:
  RestConnection(int socket, const ConnectionLimits& limits);
  ~RestConnection() override;

  bool Handshake(SSL_CTX* context);

  // Waits for the first byte of the next request; false if none comes.
  bool AwaitRequest();

  // What is sent now is the last answer: the request was not read to its end.
  void CloseAfterAnswer() { is_last_ = true; }
  [[nodiscard]] bool is_last() const { return is_last_; }

  // The answer that follows lasts: its limit of time holds for each piece.
  void BeginStream() { is_streaming_ = true; }

  // Says the end, and reads on for a moment what was sent meanwhile: else the kernel would answer
  // it with a reset, and the peer might lose the answer.
  void Linger();

  // The peer has closed, or its port here is closing.
  [[nodiscard]] bool IsAbandoned() const;

  // Null if plain.
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  // PEM texts, empty if there are none: what the client showed in the handshake.
  [[nodiscard]] std::string CertificatePem() const;
  [[nodiscard]] std::string ChainPem() const;

  bool is_readable() const override;
  bool is_writable() const override { return !is_broken_; }
  ssize_t read(char* out, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  // Only compared with what select() can take, which is not used here.
  socket_t socket() const override { return 0; }

 private:
  using Clock = std::chrono::steady_clock;
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  // Waits until the socket can do what `result` of an SSL call, or of a plain one, asks for.
  bool AwaitFor(int result, short plain_events, Clock::time_point deadline);
  bool Poll(short events, Clock::time_point deadline) const;
  bool Fill(Clock::time_point deadline);
  // Sees where the head ends.
  void Follow(const char* bytes, size_t size);
  [[nodiscard]] bool IsWithinLimits() const;

  const int socket_;
  const ConnectionLimits limits_;
  std::unique_ptr<SSL, FreeSsl> ssl_;

  char buffer_[16 * 1024];
  size_t at_ = 0;
  size_t end_ = 0;

  bool is_in_head_ = true;
  size_t part_bytes_ = 0;  // of the head, then of the body
  size_t line_bytes_ = 0;
  char last_byte_ = 0;
  Clock::time_point read_deadline_;
  Clock::time_point write_deadline_;
  bool is_writing_ = false;
  bool is_streaming_ = false;
  bool is_last_ = false;
  bool is_at_end_ = false;     // the peer sends no more
  bool is_read_over_ = false;  // nothing more is read; an answer may still be written
  bool is_broken_ = false;
};

}  // namespace sluice::pushapi
