// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/downstream_connection.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "dataplane/http1/server_codec.h"
#include "dataplane/http2/server_codec.h"

namespace sluice::listener {
namespace {

constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// What a client has to say before its protocol is known: as much as it takes to tell the two.
constexpr size_t kGuessBytes = 16;

// A client that was answered early may send on between one and two of these.
constexpr int64_t kSweepMs = 500;

// How long the last bytes may go unread. No limit at all would be one for ever.
int64_t UnreadLimitMs(const config::HttpConnection& http) {
  return http.delayed_close_ms > 0 ? http.delayed_close_ms : 1000;
}

int64_t DrainLimitMs(const config::HttpConnection& http) {
  return std::max<int64_t>(http.drain_timeout_ms, 1);
}

}  // namespace

DownstreamConnection::DownstreamConnection(event::Loop& loop, const Accepted& accepted)
    : loop_(loop),
      remote_text_(accepted.remote.ToString()),
      remote_ip_(accepted.remote.is_ip() ? accepted.remote.ip() : std::string("127.0.0.1")),
      local_text_(accepted.local.ToString()),
      start_ms_(loop.now_ms()),
      handshake_timeout_ms_(accepted.handshake_timeout_ms),
      idle_since_ms_(start_ms_) {
  info_.remote_address = remote_text_;
  info_.remote_ip = remote_ip_;
  info_.local_address = local_text_;
  info_.local_port = accepted.local.port();
  info_.listener = accepted.listener;
  info_.connection_id = accepted.id;
}

DownstreamConnection::~DownstreamConnection() = default;

void DownstreamConnection::Start(std::unique_ptr<event::Transport> transport) {
  connection_.emplace(loop_, std::move(transport), static_cast<event::ConnectionUser&>(*this));
  ArmDeadline();
  connection_->Start(/*connecting=*/false);
}

void DownstreamConnection::OnConnected() {
  connected_ = true;
  drain_since_ms_ = loop_.now_ms();
  const event::Transport& transport = connection_->transport();
  if (std::optional<event::TlsFacts> tls = transport.tls(); tls.has_value()) {
    info_.tls = true;
    info_.alpn = transport.alpn();
    info_.tls_version = tls->version;
    info_.tls_cipher = tls->cipher;
    info_.sni = tls->server_name;
    if (tls->peer_verified) NotePeer(*std::move(tls));
  }
  using Codec = config::HttpConnection::Codec;
  made_with_ = owner_->shared_http();
  switch (made_with_->codec) {
    case Codec::kHttp1:
      MakeCodec(false);
      break;
    case Codec::kHttp2:
      MakeCodec(true);
      break;
    case Codec::kAuto:
      // With ALPN the client has said it; otherwise its first bytes do.
      if (!info_.alpn.empty()) MakeCodec(info_.alpn == "h2");
  }
  // Whoever is to say first what it speaks must do so in the time of a head.
  if (codec_ == nullptr) head_since_ms_ = loop_.now_ms();
  ArmDeadline();
}

void DownstreamConnection::NotePeer(event::TlsFacts facts) {
  peer_ = std::make_unique<const event::TlsFacts>(std::move(facts));
  info_.peer_verified = true;
  info_.peer_subject = peer_->peer_subject;
  info_.peer_uris = peer_->peer_uris;
  info_.peer_dns_names = peer_->peer_dns_names;
}

DownstreamConnection::Guess DownstreamConnection::GuessVersion(const base::Buffer& in) {
  std::string start;
  in.ForEach([&start](std::string_view piece) {
    if (start.size() < kGuessBytes) start.append(piece.substr(0, kGuessBytes - start.size()));
  });
  if (kHttp2Preface.substr(0, start.size()) != start) return Guess::kHttp1;
  return start.size() < kGuessBytes ? Guess::kNeedMore : Guess::kHttp2;
}

void DownstreamConnection::MakeCodec(bool http2) {
  http::ServerCodecHost& host = *this;
  http2_ = http2;
  if (http2) {
    codec_ = std::make_unique<http2::Http2ServerCodec>(made_with_->http2, host);
    connection_->RequestFlush();  // Our SETTINGS.
    if (draining_) codec_->Drain();
  } else {
    codec_ = std::make_unique<http1::Http1ServerCodec>(made_with_->http1, host);
  }
}

void DownstreamConnection::CountBytes() {
  const uint64_t received = connection_->bytes_read();
  const uint64_t sent = connection_->bytes_written();
  if (received == counted_received_ && sent == counted_sent_) return;
  owner_->handler().OnBytesMoved(received - std::exchange(counted_received_, received),
                                 sent - std::exchange(counted_sent_, sent));
}

void DownstreamConnection::OnBytes(base::Buffer& in) {
  CountBytes();
  if (codec_ == nullptr) {
    const Guess guess = GuessVersion(in);
    if (guess == Guess::kNeedMore) return;
    MakeCodec(guess == Guess::kHttp2);
    head_since_ms_ = kNever;  // The head's own time begins with its first byte.
  }
  codec_->Receive(in);
  AfterCodec();
}

void DownstreamConnection::OnEof() {
  if (codec_ == nullptr) return connection_->CloseNow();
  codec_->OnEof();
  AfterCodec();
}

// Whatever the codec was told, this is what may have changed.
void DownstreamConnection::AfterCodec() {
  if (codec_->has_output()) connection_->RequestFlush();
  FinishIfDone();
  if (closing_) return;
  if (!codec_->wants_input()) {
    connection_->PauseReading();
  } else if (!connection_->reading()) {
    connection_->ResumeReading();
  }
  // Where a request has begun since, this is another head, though none was seen to end: on a busy
  // connection a read may end within one each time.
  const bool in_head = codec_->in_head();
  const bool another = in_head && head_after_ != requests_;
  if (in_head != (head_since_ms_ != kNever) || another) {
    head_since_ms_ = in_head ? loop_.now_ms() : kNever;
    head_after_ = requests_;
    ArmDeadline();
  }
}

void DownstreamConnection::Produce(base::Buffer& out, size_t limit) {
  if (codec_ == nullptr) return;
  CountBytes();  // A long answer is counted while it leaves.
  codec_->Produce(out, limit);
  if (swept_ms_ == kNever && codec_->lingering()) {
    swept_ms_ = loop_.now_ms();
    ArmDeadline();
  }
}

void DownstreamConnection::OnFlushed() {
  CountBytes();
  FinishIfDone();
}

void DownstreamConnection::FinishIfDone() {
  if (codec_ != nullptr && codec_->finished()) CloseOrderly();
}

void DownstreamConnection::CloseOrderly() {
  if (std::exchange(closing_, true)) return;
  closing_since_ms_ = loop_.now_ms();
  connection_->CloseAfterFlush();
  ArmDeadline();
}

void DownstreamConnection::OnClosed(bool error) {
  deadline_.Disarm();
  Unlink();
  // Streams that live are reset here, while the facts they log are still there.
  codec_.reset();
  // Nobody is to ask it again about a connection that is over.
  selector_.reset();
  if (owner_ != nullptr) {
    CountBytes();
    owner_->OnConnectionClosed();
  }
  loop_.DeleteLater(std::unique_ptr<event::Deferred>(this));
}

void DownstreamConnection::OnOutputReady() {
  connection_->RequestFlush();
  FinishIfDone();
}

void DownstreamConnection::OnReceiveReady() { connection_->ResumeReading(); }

http::RequestSink& DownstreamConnection::OnNewStream(http::ServerStream& stream) {
  ++requests_;
  const uint32_t limit = owner_->http().max_requests_per_connection;
  http::RequestSink& sink = owner_->handler().BeginExchange(stream, info_);
  if (draining_ || (limit > 0 && requests_ >= limit)) {
    StartDraining();
    codec_->Drain();
  }
  return sink;
}

void DownstreamConnection::OnStreamComplete(http::ServerStream& stream, http::RequestSink& sink) {
  owner_->handler().EndExchange(sink);
  idle_since_ms_ = loop_.now_ms();
}

void DownstreamConnection::OnBadRequest(uint16_t status, const http::StreamError& error,
                                        std::string_view raw) {
  owner_->handler().OnBadRequest(status, error, raw, info_);
}

// The timer is armed for the nearest limit when something starts to wait, and re-armed when it
// fires early: no request moves it.
void DownstreamConnection::ArmDeadline() {
  if (!connected_) return deadline_.Arm(handshake_timeout_ms_);
  const config::HttpConnection& http = owner_->http();
  const int64_t now = loop_.now_ms();
  int64_t next = std::numeric_limits<int64_t>::max();
  const auto consider = [&](int64_t since, int64_t limit) {
    if (limit > 0) next = std::min(next, since + limit);
  };
  const bool idle = codec_ == nullptr || codec_->active_streams() == 0;
  if (closing_) {
    consider(std::max(closing_since_ms_, connection_->last_write_ms()), UnreadLimitMs(http));
  } else if (draining_) {
    consider(idle ? std::max(drain_since_ms_, idle_since_ms_) : now, DrainLimitMs(http));
  } else {
    consider(idle ? QuietSinceMs() : now, http.connection_idle_timeout_ms);
    consider(start_ms_, http.max_connection_duration_ms);
  }
  if (swept_ms_ != kNever && !closing_) consider(swept_ms_, kSweepMs);
  if (head_since_ms_ != kNever && !closing_) {
    consider(head_since_ms_, http.request_headers_timeout_ms);
  }
  if (next != std::numeric_limits<int64_t>::max()) deadline_.Arm(std::max<int64_t>(next - now, 0));
}

int64_t DownstreamConnection::QuietSinceMs() const {
  return std::max({idle_since_ms_, connection_->last_read_ms(), connection_->last_write_ms()});
}

void DownstreamConnection::OnDeadline() {
  if (!connected_) return connection_->CloseNow();
  const config::HttpConnection& http = owner_->http();
  const int64_t now = loop_.now_ms();
  const auto past = [now](int64_t since, int64_t limit) {
    return limit > 0 && now >= since + limit;
  };
  if (swept_ms_ != kNever && past(swept_ms_, kSweepMs)) {
    codec_->SweepLingering();
    swept_ms_ = codec_->lingering() ? now : kNever;
  }
  const bool idle = codec_ == nullptr || codec_->active_streams() == 0;
  if (closing_) {
    // Bytes that nobody reads must not keep a descriptor.
    if (past(std::max(closing_since_ms_, connection_->last_write_ms()), UnreadLimitMs(http))) {
      return connection_->CloseNow();
    }
  } else if (head_since_ms_ != kNever && past(head_since_ms_, http.request_headers_timeout_ms)) {
    // Without a codec there is nobody to answer: the first bytes never came.
    if (codec_ == nullptr) return connection_->CloseNow();
    if (codec_->in_head()) {
      codec_->OnHeadTimeout();
      AfterCodec();
    } else {
      head_since_ms_ = kNever;
    }
  } else if (draining_) {
    // HTTP/2 waits for the client to confirm that it has heard: not for ever.
    if (idle && past(std::max(drain_since_ms_, idle_since_ms_), DrainLimitMs(http))) {
      return CloseOrderly();
    }
  } else if ((idle && past(QuietSinceMs(), http.connection_idle_timeout_ms)) ||
             past(start_ms_, http.max_connection_duration_ms)) {
    DrainNow();
  }
  ArmDeadline();
}

void DownstreamConnection::StartDraining() {
  if (std::exchange(draining_, true)) return;
  drain_since_ms_ = loop_.now_ms();
  // The handshake's time goes on; what is allowed then is counted from its end.
  if (connected_) ArmDeadline();
}

void DownstreamConnection::Drain() {
  // HTTP/2 has a way to tell its client which requests were served, and needs no guess.
  const bool first_may_come = requests_ == 0 && !http2_;
  if (first_may_come) return StartDraining();
  DrainNow();
}

void DownstreamConnection::DrainNow() {
  if (codec_ == nullptr) {
    // Nothing was asked in all the time there was.
    return connection_->CloseNow();
  }
  StartDraining();
  codec_->Drain();
  AfterCodec();
}

void DownstreamConnection::CloseNow() { connection_->CloseNow(); }

}  // namespace sluice::listener
