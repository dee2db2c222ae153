// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/upstream_call.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "dataplane/exchange/retry.h"

namespace sluice::exchange {
namespace {

// A dead pooled connection or a refused stream is tried again at once, but not for ever.
constexpr uint32_t kMaxImplicitRetries = 2;

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
                         const http::RequestHead& head, bool end_stream, http::StreamInfo& info) {
  cluster_ = &cluster;
  policy_ = &policy;
  head_ = &head;
  info_ = &info;
  request_ended_ = end_stream;
  // A tunnel's bytes cannot be sent twice.
  replayable_ = head.upgrade.empty();
  Begin();
}

void UpstreamCall::Begin() {
  state_ = State::kWaiting;
  ++info_->attempts;
  // They are views of the last try, which goes.
  info_->upstream_address = info_->upstream_local_address = info_->upstream_failure = {};
  info_->upstream_protocol = {};
  upstream::LbContext context;
  context.tried = tried_;
  context.downstream_version = head_->version;
  context.host = head_->authority;
  if (policy_->per_try_timeout_ms > 0) per_try_timer_.Arm(policy_->per_try_timeout_ms);
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
  if (state_ == State::kDone || state_ == State::kIdle) return data.Clear();
  request_ended_ = end_stream;
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
  if (!active()) return;
  request_ended_ = true;
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
  if (stream_ != nullptr) stream_->ResumeReceiving();
}

void UpstreamCall::OnInformational(http::ResponseHead& head) { owner_.OnCallInformational(head); }

void UpstreamCall::OnResponse(http::ResponseHead& head, bool end_stream) {
  cluster_->CountResponse(attempt_, head.status);
  bool exhausted = false;
  if (policy_->on != 0 && WantsRetry(*policy_, head.status, end_stream ? GrpcStatus(head) : -1)) {
    if (TryAgain(/*immediately=*/false, exhausted)) return;
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
  if (end_stream) Finish();
  owner_.OnCallData(data, end_stream);
}

void UpstreamCall::OnTrailers(http::HeaderMap& trailers) {
  Finish();
  owner_.OnCallTrailers(trailers);
}

void UpstreamCall::OnCanSend() {
  if (std::exchange(paused_upstream_, false)) owner_.OnCallCanSend();
}

void UpstreamCall::OnStreamComplete() { stream_ = nullptr; }

void UpstreamCall::OnReset(const http::StreamError& error) {
  stream_ = nullptr;
  if (state_ == State::kDone) return;  // The answer is complete; what the rest does is no matter.
  info_->upstream_failure = attempt_.failure();
  if (!attempt_.address().empty()) info_->upstream_address = attempt_.address();
  const bool sent = state_ == State::kSending;
  bool exhausted = false;
  if (state_ != State::kAnswered) {
    if (MayRetryImplicitly(error)) {
      ++implicit_retries_;
      if (TryAgain(/*immediately=*/true, exhausted)) return;
    } else if (policy_->on != 0 && WantsRetry(*policy_, error, sent)) {
      if (TryAgain(/*immediately=*/false, exhausted)) return;
    }
  }
  Fail(error, exhausted);
}

bool UpstreamCall::MayRetryImplicitly(const http::StreamError& error) const {
  if (implicit_retries_ >= kMaxImplicitRetries) return false;
  if (error.retry == http::Retry::kIfReused) return IsIdempotent(head_->method);
  // Refused, beyond a GOAWAY, or on a pooled connection that closed before the request left.
  return error.retry == http::Retry::kSafe &&
         (error.kind == http::ErrorKind::kReset || error.kind == http::ErrorKind::kGoAway ||
          error.kind == http::ErrorKind::kConnectionClosed);
}

bool UpstreamCall::TryAgain(bool immediately, bool& exhausted) {
  if (!replayable_) return false;
  if (!immediately) {
    if (retries_ >= policy_->max_retries) {
      exhausted = true;
      return false;
    }
    if (!retrying_ && !cluster_->TryStartRetry()) {
      exhausted = true;
      return false;
    }
    retrying_ = true;
    ++retries_;
  }
  if (const upstream::Host* host = cluster_->HostOf(attempt_); host != nullptr && !immediately) {
    tried_.push_back(host);
  }
  EndAttempt();
  state_ = State::kBackoff;
  backoff_timer_.Arm(immediately ? 0 : BackoffMs(*policy_, retries_, random_));
  return true;
}

void UpstreamCall::OnPerTryTimeout() {
  bool exhausted = false;
  const http::StreamError error{http::ErrorKind::kIdleTimeout, http::Side::kUpstream,
                                http::Retry::kNever, "upstream-per-try-timeout"};
  if (WantsRetry(*policy_, error, state_ == State::kSending) &&
      TryAgain(/*immediately=*/false, exhausted)) {
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

void UpstreamCall::EndAttempt() {
  per_try_timer_.Disarm();
  stream_ = nullptr;
  attempt_.Cancel();
}

void UpstreamCall::Finish() {
  state_ = State::kDone;
  info_->upstream_complete_ns = loop_.now_ns();
  per_try_timer_.Disarm();
  if (std::exchange(retrying_, false)) cluster_->EndRetry();
  // A request still being sent keeps its stream until its end, or Cancel.
}

void UpstreamCall::Cancel() {
  if (state_ == State::kIdle) return;
  state_ = State::kDone;
  backoff_timer_.Disarm();
  EndAttempt();
  replay_.Clear();
  if (std::exchange(retrying_, false)) cluster_->EndRetry();
}

}  // namespace sluice::exchange
