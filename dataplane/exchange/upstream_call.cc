// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/upstream_call.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "dataplane/exchange/retry.h"

namespace sluice::exchange {
namespace {

constexpr std::string_view ProtocolName(http::Version version) {
  switch (version) {
    case http::Version::kHttp10:
      return "HTTP/1.0";
    case http::Version::kHttp11:
      return "HTTP/1.1";
    case http::Version::kHttp2:
      return "HTTP/2";
  }
  return "";
}

int GrpcStatus(const http::ResponseHead& head) {
  int status = -1;
  const std::string_view value = head.headers.Get(http::HeaderId::kGrpcStatus);
  return !value.empty() && absl::SimpleAtoi(value, &status) ? status : -1;
}

}  // namespace

UpstreamCall::UpstreamCall(event::Loop& loop, Random& random, UpstreamCallOwner& owner)
    : loop_(loop), random_(random), owner_(owner) {}

void UpstreamCall::Start(upstream::Cluster& cluster, const config::RetryPolicy& policy,
                         const http::RequestHead& head, bool end_stream, http::StreamInfo& info,
                         ImplicitRetries implicit) {
  cluster_ = &cluster;
  policy_ = &policy;
  implicit_ = implicit;
  head_ = &head;
  info_ = &info;
  request_ended_ = end_stream;
  // A tunnel's bytes cannot be sent twice.
  replayable_ = head.upgrade.empty();
  started_ns_ = loop_.now_ns();
  Begin();
}

void UpstreamCall::Begin() {
  // An answer that is still not over has had its time.
  if (std::exchange(draining_, false)) attempt_.Cancel();
  state_ = State::kWaiting;
  ++info_->attempts;
  // They are views of the last try, which goes.
  info_->upstream_address = info_->upstream_local_address = info_->upstream_failure = {};
  info_->upstream_protocol = {};
  upstream::LbContext context;
  context.tried = tried_;
  context.downstream_version = head_->version;
  context.host = head_->authority;
  // A server that went away takes all its connections with it.
  context.no_idle_connection = implicit_retries_ > 0 && implicit_retries_ == implicit_.most;
  if (policy_->per_try_timeout_ms > 0) per_try_timer_.Arm(policy_->per_try_timeout_ms);
  if (policy_->per_try_idle_timeout_ms > 0) {
    per_try_idle_timer_.Arm(policy_->per_try_idle_timeout_ms);
    Touch();
  }
  cluster_->Start(attempt_, context);
}

void UpstreamCall::OnStreamReady(http::ClientStream& stream) {
  state_ = State::kSending;
  stream_ = &stream;
  info_->upstream_address = attempt_.address();
  info_->upstream_local_address = attempt_.local_address();
  info_->upstream_protocol = ProtocolName(attempt_.protocol());
  if (info_->upstream_first_sent_ns == 0) info_->upstream_first_sent_ns = loop_.now_ns();
  for (uint32_t i = 0; i < receive_pauses_; ++i) stream.PauseReceiving();

  owner_.OnCallEndpoint(attempt_.hostname(), info_->attempts);
  const bool body_waits = !replay_.empty() || trailers_ != nullptr;
  stream.SendRequest(*head_, request_ended_ && !body_waits);
  // Each call may come back as a reset; stream_ tells.
  if (stream_ != nullptr && !replay_.empty()) {
    base::Buffer body;
    if (replayable_) {
      body.AppendShared(replay_);
    } else {
      body = std::move(replay_);
    }
    stream_->SendData(body, request_ended_ && trailers_ == nullptr);
  }
  if (stream_ != nullptr && trailers_ != nullptr) stream_->SendTrailers(*trailers_);
  if (!std::exchange(informed_, true)) owner_.OnCallStarted();
  if (stream_ != nullptr && std::exchange(paused_upstream_, false)) owner_.OnCallCanSend();
}

void UpstreamCall::SendData(base::Buffer& data, bool end_stream) {
  if (!active() || request_ended_) return data.Clear();
  request_ended_ = end_stream;
  Touch();
  const bool waiting = stream_ == nullptr;
  if (replayable_ && state_ != State::kAnswered) {
    // While no stream is open the bytes have to be kept anyway.
    if (waiting || replay_.size() + data.size() <= kMaxReplayBytes) {
      replay_.AppendShared(data);
      if (replay_.size() > kMaxReplayBytes) replayable_ = false;
    } else {
      replayable_ = false;
      replay_.Clear();
    }
  } else if (waiting) {
    replay_.AppendShared(data);
  }
  if (waiting) {
    data.Clear();
    return;
  }
  stream_->SendData(data, end_stream);
}

void UpstreamCall::SendTrailers(const http::HeaderMap& trailers) {
  if (!active() || request_ended_) return;
  request_ended_ = true;
  Touch();
  trailers_ = &trailers;
  if (stream_ != nullptr) stream_->SendTrailers(trailers);
}

bool UpstreamCall::ShouldPause() const {
  const bool pause =
      stream_ != nullptr ? stream_->ShouldPause() : active() && replay_.size() > kMaxWaitingBytes;
  if (pause) const_cast<UpstreamCall*>(this)->paused_upstream_ = true;
  return pause;
}

void UpstreamCall::PauseReceiving() {
  ++receive_pauses_;
  if (stream_ != nullptr) stream_->PauseReceiving();
}

void UpstreamCall::ResumeReceiving() {
  --receive_pauses_;
  Touch();
  if (stream_ != nullptr) stream_->ResumeReceiving();
}

void UpstreamCall::OnInformational(http::ResponseHead& head) { owner_.OnCallInformational(head); }

void UpstreamCall::OnResponse(http::ResponseHead& head, bool end_stream) {
  cluster_->CountResponse(attempt_, head.status);
  Touch();
  bool exhausted = false;
  if (policy_->on != 0 && WantsRetry(*policy_, head.status, end_stream ? GrpcStatus(head) : -1)) {
    if (TryAgainLater(WorthDraining(head, end_stream), exhausted)) return;
    if (exhausted) info_->flags.Add(http::ResponseFlag::kUpstreamRetryLimitExceeded);
  }
  state_ = State::kAnswered;
  per_try_timer_.Disarm();
  replay_.Clear();
  info_->upstream_first_byte_ns = loop_.now_ns();
  if (end_stream) Finish();
  owner_.OnCallResponse(head, end_stream);
}

void UpstreamCall::OnData(base::Buffer& data, bool end_stream) {
  if (draining_) {
    drained_bytes_ += static_cast<uint32_t>(data.size());
    data.Clear();
    if (drained_bytes_ <= kMaxDrainBytes) return;
    draining_ = false;
    return attempt_.Cancel();
  }
  Touch();
  if (end_stream) Finish();
  owner_.OnCallData(data, end_stream);
}

void UpstreamCall::OnTrailers(http::HeaderMap& trailers) {
  if (draining_) return;
  Finish();
  owner_.OnCallTrailers(trailers);
}

void UpstreamCall::OnCanSend() {
  if (std::exchange(paused_upstream_, false)) owner_.OnCallCanSend();
}

void UpstreamCall::OnStreamComplete() {
  stream_ = nullptr;
  draining_ = false;
}

void UpstreamCall::OnReset(const http::StreamError& error) {
  stream_ = nullptr;
  if (std::exchange(draining_, false)) return;  // The next try stands already.
  if (state_ == State::kDone) return;  // The answer is complete; what the rest does is no matter.
  info_->upstream_failure = attempt_.failure();
  if (!attempt_.address().empty()) info_->upstream_address = attempt_.address();
  const bool sent = state_ == State::kSending;
  bool exhausted = false;
  if (state_ != State::kAnswered) {
    if (MayRetryImplicitly(error)) {
      if (TryAgainNow()) return;
    } else if (policy_->on != 0 && WantsRetry(*policy_, error, sent)) {
      if (TryAgainLater(/*drain=*/false, exhausted)) return;
    }
  }
  Fail(error, exhausted);
}

bool UpstreamCall::MayRetryImplicitly(const http::StreamError& error) const {
  if (implicit_retries_ >= implicit_.most) return false;
  if (error.retry == http::Retry::kIfReused) {
    return implicit_.idempotent || IsIdempotent(head_->method);
  }
  // Refused, beyond a GOAWAY, or on a pooled connection that closed before the request left.
  return error.retry == http::Retry::kSafe &&
         (error.kind == http::ErrorKind::kReset || error.kind == http::ErrorKind::kGoAway ||
          error.kind == http::ErrorKind::kConnectionClosed);
}

bool UpstreamCall::TryAgainNow() {
  if (!replayable_) return false;
  ++implicit_retries_;
  EndAttempt();
  state_ = State::kBackoff;
  loop_.AtTurnEnd(begin_again_);
  return true;
}

bool UpstreamCall::TryAgainLater(bool drain, bool& exhausted) {
  if (!replayable_) return false;
  if (retries_ >= policy_->max_retries || (!retrying_ && !cluster_->TryStartRetry())) {
    exhausted = true;
    return false;
  }
  retrying_ = true;
  ++retries_;
  if (const upstream::Host* host = cluster_->HostOf(attempt_); host != nullptr) {
    tried_.push_back(host);
  }
  if (drain) {
    StopTryTimers();
    stream_ = nullptr;
    draining_ = true;
    drained_bytes_ = 0;
  } else {
    EndAttempt();
  }
  state_ = State::kBackoff;
  backoff_timer_.Arm(BackoffMs(*policy_, retries_, random_));
  return true;
}

// On HTTP/2 giving a stream up costs the connection nothing, and a request that is not out in full
// takes its HTTP/1.1 connection with it in any case.
bool UpstreamCall::WorthDraining(const http::ResponseHead& head, bool end_stream) const {
  const bool too_long =
      head.framing.kind == http::Framing::Kind::kLength && head.framing.length > kMaxDrainBytes;
  return !end_stream && !too_long && request_ended_ && receive_pauses_ == 0 &&
         attempt_.protocol() != http::Version::kHttp2;
}

void UpstreamCall::OnPerTryTimeout() { TryTimedOut("upstream-per-try-timeout"); }

// Bytes only move the mark: the timer is armed again when it fires, not at each of them.
void UpstreamCall::OnPerTryIdleTimeout() {
  const int64_t limit = policy_->per_try_idle_timeout_ms;
  const int64_t left = last_activity_ms_ + limit - loop_.now_ms();
  // While the client still sends, or does not read, the silence is not the upstream's.
  if (left > 0 || !request_ended_ || receive_pauses_ > 0) {
    return per_try_idle_timer_.Arm(left > 0 ? left : limit);
  }
  TryTimedOut("upstream-per-try-idle-timeout");
}

void UpstreamCall::Touch() { last_activity_ms_ = loop_.now_ms(); }

void UpstreamCall::TryTimedOut(std::string_view detail) {
  bool exhausted = false;
  const http::StreamError error{http::ErrorKind::kIdleTimeout, http::Side::kUpstream,
                                http::Retry::kNever, detail};
  if (state_ != State::kAnswered && WantsRetry(*policy_, error, state_ == State::kSending) &&
      TryAgainLater(/*drain=*/false, exhausted)) {
    return;
  }
  Fail(error, exhausted);
}

void UpstreamCall::TimeOut() {
  if (!active()) return;
  Fail({http::ErrorKind::kIdleTimeout, http::Side::kUpstream, http::Retry::kNever,
        "upstream-request-timeout"},
       false);
}

void UpstreamCall::Fail(const http::StreamError& error, bool exhausted) {
  Cancel();
  owner_.OnCallFailed(error, exhausted);
}

void UpstreamCall::StopTryTimers() {
  per_try_timer_.Disarm();
  per_try_idle_timer_.Disarm();
}

void UpstreamCall::EndAttempt() {
  StopTryTimers();
  stream_ = nullptr;
  draining_ = false;
  attempt_.Cancel();
}

void UpstreamCall::Finish() {
  state_ = State::kDone;
  info_->upstream_complete_ns = loop_.now_ns();
  // How long a tunnel was open says nothing of the upstream.
  if (head_->upgrade.empty()) {
    cluster_->CountRequestTime(info_->upstream_complete_ns -
                               std::max(started_ns_, info_->request_complete_ns));
  }
  StopTryTimers();
  if (std::exchange(retrying_, false)) cluster_->EndRetry();
  // A request still being sent keeps its stream until Cancel; what comes of it is dropped.
}

void UpstreamCall::Cancel() {
  if (state_ == State::kIdle) return;
  state_ = State::kDone;
  backoff_timer_.Disarm();
  begin_again_.Unlink();
  EndAttempt();
  replay_.Clear();
  if (std::exchange(retrying_, false)) cluster_->EndRetry();
}

}  // namespace sluice::exchange
