// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/upstream_connection.h"

#include <utility>

#include "absl/log/check.h"
#include "dataplane/event/socket.h"
#include "dataplane/http1/client_codec.h"
#include "dataplane/http2/client_codec.h"
#include "dataplane/upstream/pool.h"

namespace sluice::upstream {

namespace {

using http::ErrorKind;
using http::Retry;
using http::Side;
using http::StreamError;

// How long a GOAWAY may go unread: a peer that takes nothing must not keep a descriptor, and its
// place within the limit of connections.
constexpr int64_t kLastWordsMs = 1000;

}  // namespace

UpstreamConnection::UpstreamConnection(Pool& pool, std::unique_ptr<event::Transport> transport,
                                       http::Version version, bool by_alpn)
    : pool_(pool),
      facts_(new ConnectionFacts),
      connection_(pool.loop(), std::move(transport), *this),
      settler_(*this),
      timer_(pool.loop(), [this] { OnTimer(); }),
      by_alpn_(by_alpn) {
  facts_->version = version;
}

UpstreamConnection::~UpstreamConnection() {
  // A codec resets the streams that live, and those still call what stands behind it here.
  codec_.reset();
}

void UpstreamConnection::Connect() {
  timer_.Arm(pool_.config().connect_timeout_ms);
  connection_.Start(/*connecting=*/true);
}

bool UpstreamConnection::CanTake() const {
  return state_ == State::kOpen && !retiring_ && codec_->can_open_stream() &&
         (!is_http2() || codec_->active_streams() < StreamCap());
}

// Until the peer's SETTINGS are there the codec would let more streams wait in it than the peer may
// allow, where another connection could have them.
size_t UpstreamConnection::StreamCap() const {
  return connection_.bytes_read() == 0 ? expected_streams
                                       : pool_.config().http2.max_concurrent_streams;
}

void UpstreamConnection::OnConnected() {
  timer_.Disarm();
  state_ = State::kOpen;
  const auto local = event::LocalAddress(connection_.transport().fd());
  if (local.ok()) facts_->local_address = local->ToString();
  if (by_alpn_) {
    facts_->version =
        connection_.transport().alpn() == "h2" ? http::Version::kHttp2 : http::Version::kHttp11;
  }
  MakeCodec();
  if (const auto& duration = pool_.config().max_connection_duration_ms; duration.has_value()) {
    duration_timer_ = std::make_unique<event::FunctionTimer>(pool_.loop(), [this] { Retire(); });
    duration_timer_->Arm(*duration);
  }
  pool_.OnConnected(*this);
  // The pool may have been waiting for nothing any more.
  SettleSoon();
}

void UpstreamConnection::MakeCodec() {
  const config::Cluster& config = pool_.config();
  http::ClientCodecHost& host = *this;
  if (is_http2()) {
    // The preface waits to be sent; requests may follow it without waiting for the peer's.
    connection_.RequestFlush();
    codec_ = std::make_unique<http2::Http2ClientCodec>(config.http2, host, pool_.loop().clock());
  } else {
    codec_ = std::make_unique<http1::Http1ClientCodec>(config.http1, host);
  }
}

void UpstreamConnection::Attach(Attempt& attempt) {
  DCHECK(CanTake());
  timer_.Disarm();
  ++streams_begun_;
  attempt.connection_ = this;
  attempt.facts_ = facts_;
  attempt.written_before_ = connection_.bytes_written();
  attempt.read_before_ = connection_.bytes_read();
  streams_.PushBack(attempt);
  attempt.stream_ = &codec_->NewStream(attempt);
  const uint32_t max = pool_.config().max_requests_per_connection;
  if (max != 0 && streams_begun_ >= max) retiring_ = true;
  if (!CanTake()) pool_.Withdraw(*this);
  attempt.owner_.OnStreamReady(*attempt.stream_);
}

void UpstreamConnection::CountBytes() {
  const uint64_t received = connection_.bytes_read();
  const uint64_t sent = connection_.bytes_written();
  pool_.counters().received_bytes.Add(received - std::exchange(counted_received_, received));
  pool_.counters().sent_bytes.Add(sent - std::exchange(counted_sent_, sent));
}

void UpstreamConnection::OnBytes(base::Buffer& in) {
  CountBytes();
  if (state_ != State::kOpen) return in.Clear();
  if (AnswersNothing(in)) {
    in.Clear();
    return Close();
  }
  receiving_ = true;
  codec_->Receive(in);
  receiving_ = false;
  // Bytes behind a complete answer were not asked for; the next request must not get them.
  const bool trailing = !is_http2() && !in.empty() && codec_->active_streams() == 0;
  if (trailing) {
    in.Clear();
    Close();
  } else if (!codec_->wants_input() && connection_.reading()) {
    connection_.PauseReading();
  }
  Settle();
}

bool UpstreamConnection::AnswersNothing(const base::Buffer& in) {
  if (is_http2()) return false;
  if (codec_->active_streams() == 0 || streams_.empty()) return true;
  return connection_.bytes_written() == streams_.front().written_before_;
}

void UpstreamConnection::OnEof() {
  if (state_ != State::kOpen) return;
  receiving_ = true;
  codec_->OnEof();
  receiving_ = false;
  Settle();
  // An upstream that will say no more is of no use for a next request, and a tunnel's other
  // direction lives on by its stream.
  if (state_ == State::kOpen && codec_->active_streams() == 0) Close();
}

void UpstreamConnection::Produce(base::Buffer& out, size_t limit) {
  CountBytes();
  if (codec_ == nullptr) return;
  codec_->Produce(out, limit);
  if (codec_->finished() && !codec_->has_output()) SettleSoon();
}

void UpstreamConnection::OnOutputReady() {
  connection_.RequestFlush();
  // A codec that gave up says so with its last output, or with none.
  if (codec_ != nullptr && codec_->finished()) SettleSoon();
}

void UpstreamConnection::OnReceiveReady() {
  if (!connection_.reading()) connection_.ResumeReading();
}

void UpstreamConnection::OnStreamComplete(http::ResponseSink& sink) {
  Attempt& attempt = static_cast<Attempt&>(sink);
  attempt.Unlink();
  attempt.stream_ = nullptr;
  completed_.PushBack(attempt);
  SettleSoon();
}

void UpstreamConnection::OnStreamReset(Attempt& attempt, StreamError error) {
  if (error.kind == ErrorKind::kConnectionClosed && error.retry != Retry::kSafe) {
    error.retry = RetryOf(attempt);
  }
  LetGo(attempt);
  SettleSoon();
  attempt.owner_.OnReset(error);
}

Retry UpstreamConnection::RetryOf(const Attempt& attempt) const {
  if (connection_.bytes_written() == attempt.written_before_) return Retry::kSafe;
  const bool reused = streams_begun_ > 1;
  if (reused && connection_.bytes_read() == attempt.read_before_) return Retry::kIfReused;
  return Retry::kNever;
}

void UpstreamConnection::Abandon(Attempt& attempt) {
  http::ClientStream* const stream = attempt.stream_;
  LetGo(attempt);
  if (stream != nullptr) {
    stream->Reset({.kind = ErrorKind::kReset, .side = Side::kDownstream, .detail = "abandoned"});
  }
  SettleSoon();
}

void UpstreamConnection::LetGo(Attempt& attempt) {
  pool_.OnStreamEnded(attempt);
  attempt.BecomeIdle();
}

void UpstreamConnection::SettleSoon() {
  if (!receiving_) pool_.loop().AtTurnEnd(settler_);
}

void UpstreamConnection::Settle() {
  while (Attempt* attempt = completed_.PopFront()) {
    LetGo(*attempt);
    attempt->owner_.OnStreamComplete();
  }
  if (state_ != State::kOpen) return;
  const bool unused = codec_->active_streams() == 0;
  // A codec without streams that takes none has been told to go, or told us.
  if (codec_->finished() || (unused && (retiring_ || !codec_->can_open_stream()))) return Close();
  if (codec_->wants_input()) OnReceiveReady();
  if (!CanTake()) return pool_.Withdraw(*this);
  pool_.Offer(*this);
  if (state_ != State::kOpen || codec_->active_streams() != 0 || timer_.armed()) return;
  const auto& idle_timeout = pool_.config().idle_timeout_ms;
  if (idle_timeout.has_value() && *idle_timeout > 0) timer_.Arm(*idle_timeout);
}

void UpstreamConnection::Close() {
  pool_.Withdraw(*this);
  if (state_ == State::kConnecting || codec_ == nullptr || !codec_->has_output() ||
      codec_->active_streams() != 0) {
    state_ = State::kClosing;
    return connection_.CloseNow();
  }
  state_ = State::kClosing;
  // A GOAWAY that says why.
  timer_.Arm(kLastWordsMs);
  connection_.CloseAfterFlush(/*drain_bytes=*/0, /*drain_ms=*/0);
}

void UpstreamConnection::Retire() {
  retiring_ = true;
  if (state_ != State::kOpen) return;
  pool_.Withdraw(*this);
  SettleSoon();
}

void UpstreamConnection::OnTimer() {
  if (state_ == State::kClosing) return connection_.CloseNow();
  timed_out_ = connecting();
  if (timed_out_) facts_->failure = "connect timeout";
  Close();
}

void UpstreamConnection::OnClosed(bool) {
  CountBytes();
  const bool was_connecting = codec_ == nullptr;
  pool_.Withdraw(*this);
  state_ = State::kClosed;
  timer_.Disarm();
  duration_timer_.reset();
  if (facts_->failure.empty()) facts_->failure = connection_.failure();
  // Those that were answered in full hear of it first; then the codec resets the others.
  Settle();
  codec_.reset();
  ErrorKind kind = ErrorKind::kNone;
  if (was_connecting) {
    kind = timed_out_ ? ErrorKind::kConnectTimeout
           : pool_.config().tls_context != nullptr && !facts_->failure.starts_with("connect: ")
               ? ErrorKind::kTlsFailure
               : ErrorKind::kConnectFailure;
  }
  pool_.OnClosed(*this, kind, facts_);
}

}  // namespace sluice::upstream
