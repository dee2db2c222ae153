// SPDX-License-Identifier: Apache-2.0
#include "dataplane/event/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::event {

using Status = IoResult::Status;

Connection::Connection(Loop& loop, std::unique_ptr<Transport> transport, ConnectionUser& user)
    : loop_(loop),
      transport_(std::move(transport)),
      user_(user),
      watch_(new FdWatch(loop, transport_->fd(), *this)) {
  last_read_ms_ = last_write_ms_ = loop.now_ms();
}

Connection::~Connection() = default;

void Connection::Start(bool connecting) {
  if (connecting) {
    UpdateInterest();
    return;
  }
  state_ = State::kHandshake;
  ContinueHandshake();
}

void Connection::PauseReading() { reading_ = false; }

void Connection::ResumeReading() {
  if (reading_) return;
  reading_ = true;
  readable_while_paused_ = false;
  if (state_ != State::kOpen) return;
  offer_input_ = true;
  loop_.AtTurnEnd(*this);
}

void Connection::RequestFlush() {
  if (state_ == State::kClosed || state_ == State::kLingering) return;
  flush_wanted_ = true;
  loop_.AtTurnEnd(*this);
}

void Connection::CloseAfterFlush(size_t drain_bytes, int64_t drain_ms) {
  if (state_ == State::kConnecting || state_ == State::kHandshake) return CloseNow();
  if (state_ != State::kOpen) return;
  state_ = State::kClosing;
  drain_bytes_left_ = drain_bytes;
  linger_ms_ = drain_ms;
  flush_wanted_ = true;
  loop_.AtTurnEnd(*this);
}

void Connection::CloseNow() { Close(); }

std::string Connection::failure() const {
  if (connect_error_ != 0) return absl::StrCat("connect: ", strerror(connect_error_));
  return std::string(transport_->failure());
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  watch_.reset();
  if (linger_timer_ != nullptr) linger_timer_->Disarm();
  loop_.AtTurnEnd(*this);
}

void Connection::Fail() {
  if (state_ == State::kClosed) return;
  failed_ = true;
  Close();
}

void Connection::OnReadable() {
  switch (state_) {
    case State::kHandshake:
      ContinueHandshake();
      break;
    case State::kOpen:
      if (reading_) {
        ReadSome();
      } else {
        readable_while_paused_ = true;
      }
      break;
    case State::kClosing:
    case State::kLingering:
      Discard();
      break;
    case State::kConnecting:
    case State::kClosed:
      break;
  }
  UpdateInterest();
}

void Connection::OnWritable() {
  switch (state_) {
    case State::kConnecting: {
      socklen_t length = sizeof(connect_error_);
      if (getsockopt(transport_->fd(), SOL_SOCKET, SO_ERROR, &connect_error_, &length) != 0) {
        connect_error_ = errno;
      }
      if (connect_error_ != 0) return Fail();
      state_ = State::kHandshake;
      ContinueHandshake();
      break;
    }
    case State::kHandshake:
      ContinueHandshake();
      break;
    case State::kOpen:
    case State::kClosing:
      write_blocked_ = false;
      Flush();
      break;
    case State::kLingering:
    case State::kClosed:
      break;
  }
  UpdateInterest();
}

void Connection::OnTurnEnd() {
  // Buffers are cleared here and not where closing is asked for: that may be in the midst of a
  // callback which reads them.
  if (state_ == State::kClosed) {
    in_.Clear();
    out_.Clear();
    if (!std::exchange(closed_told_, true)) user_.OnClosed(failed_);
    return;
  }
  if (std::exchange(offer_input_, false)) OfferInput();
  if (state_ == State::kClosing) in_.Clear();
  if (flush_wanted_ && !write_blocked_ && CanWrite()) Flush();
  UpdateInterest();
}

void Connection::ContinueHandshake() {
  const IoResult result = transport_->Handshake();
  if (result.status == Status::kAgain) return UpdateInterest();
  if (result.status != Status::kOk) return Fail();
  state_ = State::kOpen;
  offer_input_ = transport_->has_buffered_input();
  // A flush may have been asked for before there was anybody to write to; and a transport's last
  // words of the handshake leave together with what the user has to say this turn.
  flush_wanted_ |= transport_->wants_write();
  if (offer_input_ || flush_wanted_) loop_.AtTurnEnd(*this);
  user_.OnConnected();
  UpdateInterest();
}

void Connection::ReadSome() {
  const IoResult result = transport_->Read(in_, kReadLimit);
  if (result.bytes > 0) {
    bytes_read_ += result.bytes;
    last_read_ms_ = loop_.now_ms();
  }
  switch (result.status) {
    case Status::kOk:
      user_.OnBytes(in_);
      // What the transport still holds no readiness will announce.
      if (state_ == State::kOpen && transport_->has_buffered_input()) {
        offer_input_ = true;
        loop_.AtTurnEnd(*this);
      }
      break;
    case Status::kAgain:
      break;
    case Status::kEof:
      eof_ = true;
      TellEof();
      break;
    case Status::kError:
      Fail();
      break;
  }
  // A transport may have something to say by itself now (a TLS alert or key update).
  if (state_ == State::kOpen && transport_->wants_write() && !write_blocked_) RequestFlush();
}

// The end comes behind the last byte: what a pause left unread is offered first, and while the user
// is paused the end waits with it.
void Connection::TellEof() {
  if (!in_.empty()) user_.OnBytes(in_);
  if (state_ != State::kOpen) return;
  eof_owed_ = !reading_ && !in_.empty();
  if (!eof_owed_) user_.OnEof();
}

void Connection::OfferInput() {
  if (state_ != State::kOpen || !reading_) return;
  if (eof_owed_) return TellEof();
  if (!in_.empty()) user_.OnBytes(in_);
  if (state_ == State::kOpen && reading_ && !eof_ && transport_->has_buffered_input()) ReadSome();
}

// Throws away what the peer sends after we have decided to close.
void Connection::Discard() {
  const IoResult result = transport_->Read(in_, kReadLimit);
  in_.Clear();
  if (result.status == Status::kAgain) return;
  drain_bytes_left_ -= std::min(drain_bytes_left_, result.bytes);
  if (result.status != Status::kOk) eof_ = true;
  // While output is pending only reading ends; the output may still get through.
  if (state_ == State::kLingering && (eof_ || drain_bytes_left_ == 0)) Close();
}

void Connection::Flush() {
  size_t written = 0;
  bool produced = true;
  for (;;) {
    const size_t before = out_.size();
    if (flush_wanted_ && before < kWriteLimit) {
      flush_wanted_ = false;
      user_.Produce(out_, kWriteLimit - before);
      if (state_ == State::kClosed) return;
      produced = out_.size() > before;
    }
    if (out_.empty() && !transport_->wants_write()) break;
    const IoResult result = transport_->Write(out_);
    if (result.bytes > 0) {
      written += result.bytes;
      bytes_written_ += result.bytes;
      last_write_ms_ = loop_.now_ms();
      wrote_ = true;
    }
    if (result.status == Status::kError) return SalvageInput();
    if (result.status == Status::kAgain) {
      // More of what there is to say may be asked for when the socket has room again.
      flush_wanted_ |= produced;
      write_blocked_ = true;
      return;
    }
    flush_wanted_ |= produced;
    if (written >= kTurnWriteLimit) {
      flush_wanted_ = true;
      loop_.AtNextTurnEnd(*this);
      return;
    }
  }
  if (std::exchange(wrote_, false)) user_.OnFlushed();
  if (state_ == State::kClosing && !flush_wanted_) FinishClosing();
}

// The peer takes no more. What it said before it went is still in the socket, and may be the
// answer that explains it (an upstream that answers early and closes): it is read before we fail.
void Connection::SalvageInput() {
  out_.Clear();
  flush_wanted_ = false;
  for (size_t read = 0; state_ == State::kOpen && reading_ && !eof_ && read < kTurnWriteLimit;) {
    const IoResult result = transport_->Read(in_, kReadLimit);
    if (result.status == Status::kEof) {
      eof_ = true;
      user_.OnEof();
    }
    if (result.status != Status::kOk) break;
    read += result.bytes;
    bytes_read_ += result.bytes;
    last_read_ms_ = loop_.now_ms();
    user_.OnBytes(in_);
  }
  Fail();
}

// All output is out. Closing a socket that holds unread input would reset it, and the peer might
// lose our last words: so say FIN and read on for a while.
void Connection::FinishClosing() {
  transport_->ShutdownWrite();
  if (eof_ || drain_bytes_left_ == 0) return Close();
  state_ = State::kLingering;
  linger_timer_ = std::make_unique<FunctionTimer>(loop_, [this] { Close(); });
  linger_timer_->Arm(linger_ms_);
}

void Connection::UpdateInterest() {
  bool read = false;
  bool write = false;
  switch (state_) {
    case State::kConnecting:
      write = true;
      break;
    case State::kHandshake:
      read = transport_->wants_read();
      write = transport_->wants_write();
      break;
    case State::kOpen:
      read = !eof_ && (reading_ || !readable_while_paused_);
      write = write_blocked_;
      break;
    case State::kClosing:
      read = !eof_ && drain_bytes_left_ > 0;
      write = write_blocked_;
      break;
    case State::kLingering:
      read = true;
      break;
    case State::kClosed:
      return;
  }
  watch_->SetInterest(read, write);
}

}  // namespace sluice::event
