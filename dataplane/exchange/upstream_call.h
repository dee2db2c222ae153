// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "base/buffer.h"
#include "dataplane/config/retry.h"
#include "dataplane/event/loop.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/stream_info.h"
#include "dataplane/upstream/attempt.h"
#include "dataplane/upstream/cluster_set.h"

namespace sluice::exchange {

// What an UpstreamCall tells its exchange. After OnCallFailed, or after the end of the response,
// nothing more comes.
class UpstreamCallOwner {
 public:
  // A stream to an endpoint of this name is open and the head is about to go out on it: now it can
  // still be changed. `attempt` counts from 1.
  virtual void OnCallEndpoint(std::string_view hostname, uint32_t attempt) = 0;
  // The first stream is open: the request is going out.
  virtual void OnCallStarted() = 0;
  virtual void OnCallInformational(http::ResponseHead& head) = 0;
  virtual void OnCallResponse(http::ResponseHead& head, bool end_stream) = 0;
  virtual void OnCallData(base::Buffer& data, bool end_stream) = 0;
  virtual void OnCallTrailers(http::HeaderMap& trailers) = 0;
  // No try is left. `retries_exhausted` says that one was wanted and the limit stood against it.
  virtual void OnCallFailed(const http::StreamError& error, bool retries_exhausted) = 0;
  // Request body that was held back may flow again.
  virtual void OnCallCanSend() = 0;

 protected:
  ~UpstreamCallOwner() = default;
};

// What is tried again without the policy's asking: what met a connection of the pool that had died.
struct ImplicitRetries {
  uint32_t most = 2;
  // Being acted on twice does no harm, whatever the method says (RFC 9110 §9.2.2).
  bool idempotent = false;
};

// An UpstreamCall gets one request answered by a cluster: it makes attempts one after another, as
// the retry policy allows, and presents the one answer that counts.
//
//   idle -> waiting (for a stream) -> sending -> answered -> done
//             ^            |             |
//             +- backoff <-+-------------+   retry
//
// It keeps up to kMaxReplayBytes of the request body so that a retry can send it again; past that
// the request can no longer be retried.
//
// A retry by policy waits for its backoff. What certainly was not acted on (a pooled connection
// that had died) is tried again at the end of the same turn, as ImplicitRetries allow; the last of
// them not on another connection that has lain idle.
//
// The body of an answer that is not wanted is read to its end during the backoff, so that an
// HTTP/1.1 connection can serve on; if it is larger than kMaxDrainBytes or does not end in that
// time the connection closes.
//
// Thread:   its worker's only.
// Lifetime: part of its exchange; destroying it cancels.
// Limits:   holds at most kMaxReplayBytes, plus kMaxWaitingBytes while no stream is open (then
//           ShouldPause is true).
class UpstreamCall final : private upstream::AttemptOwner {
 public:
  static constexpr size_t kMaxReplayBytes = 64 * 1024;
  static constexpr size_t kMaxWaitingBytes = 64 * 1024;
  static constexpr size_t kMaxDrainBytes = 64 * 1024;

  UpstreamCall(event::Loop& loop, Random& random, UpstreamCallOwner& owner);
  ~UpstreamCall() { Cancel(); }

  // Begins. `head`, `policy` and `cluster` outlive the call; `info` gets attempt facts.
  void Start(upstream::Cluster& cluster, const config::RetryPolicy& policy,
             const http::RequestHead& head, bool end_stream, http::StreamInfo& info,
             ImplicitRetries implicit = {});

  // Takes all of `data`. Once the call is over, or behind the request's end, it is dropped.
  void SendData(base::Buffer& data, bool end_stream);
  // `trailers` live as long as the call: a retry sends them again.
  void SendTrailers(const http::HeaderMap& trailers);
  // Whether no more should be given until OnCallCanSend, which is owed from then on.
  bool ShouldPause() const;

  // Back-pressure on the response.
  void PauseReceiving();
  void ResumeReceiving();

  // The time the route gives has run out: fails with a timeout, without another try.
  void TimeOut();

  // Stops, silently.
  void Cancel();

  bool active() const { return state_ != State::kIdle && state_ != State::kDone; }

 private:
  enum class State : uint8_t { kIdle, kWaiting, kSending, kBackoff, kAnswered, kDone };

  void OnStreamReady(http::ClientStream& stream) override;
  void OnInformational(http::ResponseHead& head) override;
  void OnResponse(http::ResponseHead& head, bool end_stream) override;
  void OnData(base::Buffer& data, bool end_stream) override;
  void OnTrailers(http::HeaderMap& trailers) override;
  void OnReset(const http::StreamError& error) override;
  void OnCanSend() override;
  void OnStreamComplete() override;

  // Begins again, out of the call that ended the try before.
  class BeginAgain final : public event::TurnEnd {
   public:
    explicit BeginAgain(UpstreamCall& call) : call_(call) {}
    void OnTurnEnd() override { call_.Begin(); }

   private:
    UpstreamCall& call_;
  };

  void Begin();
  void OnPerTryTimeout();
  void OnPerTryIdleTimeout();
  void TryTimedOut(std::string_view detail);
  void Touch();
  void Fail(const http::StreamError& error, bool exhausted);
  void StopTryTimers();
  void EndAttempt();
  bool MayRetryImplicitly(const http::StreamError& error) const;
  // Tries again at the end of the turn; false if the request cannot be sent again.
  bool TryAgainNow();
  // Tries again after a backoff, if a try is left; false when there is none, `exhausted` telling
  // why. The try that was ends, unless `drain`: then its answer is read to its end.
  bool TryAgainLater(bool drain, bool& exhausted);
  bool WorthDraining(const http::ResponseHead& head, bool end_stream) const;
  void Finish();

  event::Loop& loop_;
  Random& random_;
  UpstreamCallOwner& owner_;
  upstream::Attempt attempt_{*this};
  event::MemberTimer<UpstreamCall, &UpstreamCall::OnPerTryTimeout> per_try_timer_{loop_, *this};
  event::MemberTimer<UpstreamCall, &UpstreamCall::OnPerTryIdleTimeout> per_try_idle_timer_{loop_,
                                                                                           *this};
  event::MemberTimer<UpstreamCall, &UpstreamCall::Begin> backoff_timer_{loop_, *this};
  BeginAgain begin_again_{*this};

  upstream::Cluster* cluster_ = nullptr;
  const config::RetryPolicy* policy_ = nullptr;
  ImplicitRetries implicit_;
  const http::RequestHead* head_ = nullptr;
  const http::HeaderMap* trailers_ = nullptr;
  http::StreamInfo* info_ = nullptr;
  http::ClientStream* stream_ = nullptr;

  State state_ = State::kIdle;
  bool request_ended_ = false;    // All of the request was given to us.
  bool replayable_ = true;        // `replay_` holds the whole body so far.
  bool retrying_ = false;         // The cluster counts one retry of ours.
  bool informed_ = false;         // OnCallStarted was called.
  bool paused_upstream_ = false;  // We said ShouldPause and owe OnCallCanSend.
  bool draining_ = false;         // In backoff: the attempt still reads an answer to drop.
  uint32_t drained_bytes_ = 0;
  int64_t last_activity_ms_ = 0;
  int64_t started_ns_ = 0;
  uint32_t retries_ = 0;
  uint32_t implicit_retries_ = 0;
  uint32_t receive_pauses_ = 0;
  base::Buffer replay_;  // Body given so far; sent again by a retry.
  absl::InlinedVector<const upstream::Host*, 3> tried_;
};

}  // namespace sluice::exchange
