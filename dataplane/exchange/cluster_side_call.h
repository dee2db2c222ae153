// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/config/retry.h"
#include "dataplane/event/loop.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/exchange/upstream_call.h"
#include "dataplane/filters/chain/side_call.h"
#include "dataplane/http/error.h"
#include "dataplane/http/message.h"
#include "dataplane/http/stream_info.h"
#include "dataplane/upstream/cluster_set.h"

namespace sluice::exchange {

// What a stream that ended wrongly is to whoever asked.
filters::SideCallFailure FailureOf(http::ErrorKind kind);

// One call of ClusterSideCalls.
//
//   waiting ─ answered in full, failed, out of time ─▶ due ─ end of the turn ─▶ told
//      └──────────────── Cancel ────────────────────────┴──▶ cancelled
//
// Thread:   its loop's only.
// Lifetime: owned by its handle, then by the loop until the end of the turn.
// Limits:   one timer; keeps the request's head and an answer within the request's limits.
class ClusterSideCall final : public filters::SideCall,
                              public event::Deferred,
                              private UpstreamCallOwner {
 public:
  ClusterSideCall(event::Loop& loop, Random& random, filters::SideCallObserver& observer);

  // Once.
  void Start(upstream::ClusterSet& clusters, filters::SideCallRequest&& request);
  void Cancel() override;

 private:
  // Tells the observer outside of everybody's calls.
  class Teller final : public event::TurnEnd {
   public:
    explicit Teller(ClusterSideCall& call) : call_(call) {}
    void OnTurnEnd() override { call_.Tell(); }

   private:
    ClusterSideCall& call_;
  };

  void Release() override;

  // Copies the head; false if it holds what cannot be sent.
  bool TakeHead(const filters::SideCallRequest& request, bool tls);

  // UpstreamCallOwner:
  void OnCallEndpoint(std::string_view hostname, uint32_t attempt) override;
  void OnCallStarted() override {}
  void OnCallInformational(http::ResponseHead&) override {}
  void OnCallResponse(http::ResponseHead& head, bool end_stream) override;
  void OnCallData(base::Buffer& data, bool end_stream) override;
  void OnCallTrailers(http::HeaderMap& trailers) override;
  void OnCallFailed(const http::StreamError& error, bool retries_exhausted) override;
  void OnCallCanSend() override {}

  void OnTimeout();
  void Fail(filters::SideCallFailure failure, std::string_view detail);
  void Conclude();
  void Tell();

  event::Loop& loop_;
  filters::SideCallObserver& observer_;
  base::Arena arena_;
  http::RequestHead head_{arena_};
  http::StreamInfo info_;
  config::RetryPolicy policy_;
  size_t max_head_bytes_ = 0;
  size_t max_body_bytes_ = 0;
  bool names_endpoint_ = false;  // The authority is that of the endpoint.
  filters::SideCallOutcome outcome_;
  UpstreamCall call_;
  event::MemberTimer<ClusterSideCall, &ClusterSideCall::OnTimeout> timer_{loop_, *this};
  Teller teller_{*this};
};

}  // namespace sluice::exchange
