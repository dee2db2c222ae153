// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/buffer.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/transport.h"

namespace sluice::event {

// What uses a Connection: the glue to a codec, a TCP tunnel, a test.
class ConnectionUser {
 public:
  // The transport is ready: connected, and its handshake done. Called once, before all others but
  // OnClosed.
  virtual void OnConnected() = 0;

  // Bytes arrived. The user drains what it can use; what remains is offered again, in front of
  // newer bytes, at the next arrival or after ResumeReading.
  virtual void OnBytes(base::Buffer& in) = 0;

  // The peer sends no more. Our direction still works.
  virtual void OnEof() = 0;

  // Moves output behind `out`, up to about `limit` bytes. Called at the end of a turn in which
  // RequestFlush was called, and again each time the socket took all there was.
  virtual void Produce(base::Buffer& out, size_t limit) = 0;

  // All output was taken by the socket (nothing pending). Called after a flush that emptied it.
  virtual void OnFlushed() = 0;

  // The connection is gone: `error` false after an orderly Close of ours. Last call; the user
  // typically hands itself to Loop::DeleteLater.
  virtual void OnClosed(bool error) = 0;

 protected:
  ~ConnectionUser() = default;
};

// A Connection drives one transport on one loop: reads when the user wants bytes, writes at the end
// of the turn, so that all that was produced in a turn leaves in one system call. It tries to write
// first and asks for writability only on EAGAIN; it keeps no buffer while idle.
//
// Thread:   its loop's only.
// Lifetime: owned by its user; never destroyed inside one of its callbacks (use DeleteLater).
// Limits:   holds at most one `limit` of produced bytes and one read's worth of unparsed bytes
//           beyond what the user left.
class Connection final : private FdHandler, private TurnEnd {
 public:
  static constexpr size_t kReadLimit = 64 * 1024;
  static constexpr size_t kWriteLimit = 64 * 1024;
  // What one connection may write in a turn before the others have theirs.
  static constexpr size_t kTurnWriteLimit = 4 * kWriteLimit;

  Connection(Loop& loop, std::unique_ptr<Transport> transport, ConnectionUser& user);
  ~Connection();

  // Begins: `connecting` while a non-blocking connect is under way. OnConnected follows, possibly
  // before this returns.
  void Start(bool connecting);

  // Stops reading from the socket (back-pressure) and starts again. Not counted. Resuming offers
  // what was left unparsed at the end of this turn.
  void PauseReading();
  void ResumeReading();
  bool reading() const { return reading_; }

  // Asks for Produce at the end of this turn.
  void RequestFlush();

  // After all output is out: FIN, then drains up to `drain_bytes` or `drain_ms` of what the peer
  // still sends, so that it can read our answer (RFC 9112 §9.6), then closes. Nothing more is
  // offered to the user; Produce is called until it has no more. With `drain_bytes` zero it closes
  // without waiting for the peer. How long output may wait for a peer that does not read is not
  // bounded here: the user has a timer for that, and CloseNow.
  void CloseAfterFlush(size_t drain_bytes = 64 * 1024, int64_t drain_ms = 1000);

  // Closes at once; OnClosed(false) follows at the end of this turn, or of the next while a long
  // answer has given way to others (kTurnWriteLimit). For one that has failed already OnClosed says
  // so.
  void CloseNow();

  Transport& transport() { return *transport_; }
  Loop& loop() { return loop_; }

  // Why it failed, for a log: "connect: Connection refused", "certificate verify failed: ...";
  // empty if it did not.
  std::string failure() const;

  // When bytes last moved either way, for idle and flush timeouts: Loop::now_ms of then.
  int64_t last_read_ms() const { return last_read_ms_; }
  int64_t last_write_ms() const { return last_write_ms_; }
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  //  Start ─▶ kConnecting ─▶ kHandshake ─▶ kOpen ─▶ kClosing ─▶ kLingering ─▶ kClosed
  //              socket        transport     │        output       peer's         ▲
  //              connects      agrees        │        leaves       FIN, limits    │
  //              └─────────────┴─────────────┴──── error, CloseNow ───────────────┘
  enum class State : uint8_t { kConnecting, kHandshake, kOpen, kClosing, kLingering, kClosed };

  bool CanWrite() const { return state_ == State::kOpen || state_ == State::kClosing; }
  void OnReadable() override;
  void OnWritable() override;
  void OnTurnEnd() override;
  void ContinueHandshake();
  void ReadSome();
  void OfferInput();
  void TellEof();
  void Discard();
  void Flush();
  void SalvageInput();
  void FinishClosing();
  void UpdateInterest();
  void Fail();
  void Close();

  Loop& loop_;
  std::unique_ptr<Transport> transport_;
  ConnectionUser& user_;
  std::unique_ptr<FdWatch> watch_;
  base::Buffer in_;
  base::Buffer out_;
  State state_ = State::kConnecting;
  bool reading_ = true;
  // Readiness came while paused. Until then a paused socket stays registered, since most pauses end
  // before the peer sends more, and two system calls are saved.
  bool readable_while_paused_ = false;
  bool flush_wanted_ = false;
  // The socket took less than it was offered.
  bool write_blocked_ = false;
  // Something left since the last OnFlushed.
  bool wrote_ = false;
  bool offer_input_ = false;
  bool eof_ = false;
  bool eof_owed_ = false;  // It has come, and the user is paused before it.
  bool failed_ = false;
  bool closed_told_ = false;
  int connect_error_ = 0;
  size_t drain_bytes_left_ = 0;
  std::unique_ptr<FunctionTimer> linger_timer_;
  int64_t linger_ms_ = 0;
  int64_t last_read_ms_ = 0;
  int64_t last_write_ms_ = 0;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
};

}  // namespace sluice::event
