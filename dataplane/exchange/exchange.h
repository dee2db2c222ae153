// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/event/loop.h"
#include "dataplane/exchange/filter_run.h"
#include "dataplane/exchange/http_runtime.h"
#include "dataplane/exchange/shadow.h"
#include "dataplane/exchange/upstream_call.h"
#include "dataplane/http/codec.h"
#include "dataplane/router/router.h"

namespace sluice::exchange {

// An Exchange is one request and its response: codec -> filters -> route -> upstream, and back.
//
//   request:   OnRequest -> intake -> route -> filters -> RouteStage -> UpstreamCall (or a reply)
//   response:  UpstreamCall or Reply -> edits -> filters, backwards -> codec
//
// Invariants:
//   1. At most one response head is sent. After it, what goes wrong resets the stream.
//   2. Request bytes that nobody will use are dropped, never sent upstream, once the response has
//      ended.
//   3. Every exchange is logged once, when it is over.
//
// Thread:   its worker's only.
// Lifetime: owns itself from BeginExchange on; deleted by the loop after the codec said that the
//           stream is complete or reset.
// Errors:   become a local reply or a reset, a response flag and a detail token.
// Limits:   body held for filters, either way, or an unopened upstream: kHoldBytes, then its source
//           is paused.
class Exchange final : public http::RequestSink,
                       public event::Deferred,
                       private UpstreamCallOwner,
                       private FilterRunOwner {
 public:
  Exchange(HttpRuntime& runtime, http::ServerStream& stream,
           const http::DownstreamInfo& downstream);
  ~Exchange() override;

  // Exchanges come and go by the million: their memory is kept per thread.
  static void* operator new(size_t size);
  static void operator delete(void* memory, size_t size);

  // The codec is done with both directions.
  void OnStreamComplete();

 private:
  // From the codec.
  void OnRequest(http::RequestHead& head, bool end_stream) override;
  void OnData(base::Buffer& data, bool end_stream) override;
  void OnTrailers(http::HeaderMap& trailers) override;
  void OnReset(const http::StreamError& error) override;
  void OnCanSend() override;

  // From the filters: what came through the chain.
  void OnFilteredRequest(bool end_stream) override;
  void OnFilteredRequestData(base::Buffer& data, bool end_stream) override;
  void OnFilteredRequestTrailers(http::HeaderMap& trailers) override;
  void OnFilteredResponse(bool end_stream) override;
  void OnFilteredResponseData(base::Buffer& data, bool end_stream) override;
  void OnFilteredResponseTrailers(http::HeaderMap& trailers) override;
  void OnFilterReply(const filters::LocalReply& reply, size_t from) override;
  void OnRequestHoldChanged(bool above_limit) override;
  void OnResponseHoldChanged(bool above_limit) override;
  http::RequestHead& request() override { return *request_; }
  http::ResponseHead* response() override { return response_.status == 0 ? nullptr : &response_; }
  http::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  int64_t now_ns() const override { return loop_.now_ns(); }
  filters::FilterWorker& filter_worker() override { return runtime_.services().filters; }
  const config::Route* route() const override { return choice_.route; }
  void ClearRoute() override { route_cleared_ = true; }
  filters::SideCalls& side_calls() override { return runtime_.services().side_calls; }

  // From the upstream.
  void OnCallEndpoint(std::string_view hostname, uint32_t attempt) override;
  void OnCallStarted() override;
  void OnCallInformational(http::ResponseHead& head) override;
  void OnCallResponse(http::ResponseHead& head, bool end_stream) override;
  void OnCallData(base::Buffer& data, bool end_stream) override;
  void OnCallTrailers(http::HeaderMap& trailers) override;
  void OnCallFailed(const http::StreamError& error, bool retries_exhausted) override;
  void OnCallCanSend() override;

  // Stages.
  void ChooseRoute();
  bool BodyTooLarge(uint64_t bytes) const { return max_body_bytes_ > 0 && bytes > max_body_bytes_; }
  void RefuseBody();
  void Misdirected();
  void Forward(const config::Forward& forward, bool end_stream);
  void Redirect(const config::Redirect& redirect, std::string_view path);
  const config::WeightedCluster* DrawCluster(const config::Forward& forward);
  std::string_view ClusterFor(const config::Forward& forward);
  void RewriteRequest(const config::Forward& forward);
  void RewriteHost(const config::Forward& forward);
  void SetTimes(const config::Forward& forward);
  void Mirror(const config::Forward& forward, bool end_stream);
  bool AllowsUpgrade(const config::Forward& forward) const;
  void RequestEnded();

  // Answers the client from here; filters [0, from) see it on its way out.
  void Reply(const filters::LocalReply& reply, size_t from);
  void Reply(const filters::LocalReply& reply);
  void FinishHead();
  void SendToClient(base::Buffer& data, bool end_stream);
  void ResponseEnded();
  void AbortResponse(const http::StreamError& error);

  void OnRouteTimeout();
  void OnIdleTimeout();
  void OnMaxDuration();
  void TimedOut(uint16_t status, http::ResponseFlag flag, std::string_view detail);
  void OnRequestTimeout();
  void Touch() { last_activity_ms_ = loop_.now_ms(); }
  void ArmIdle();
  int64_t IdleLimitMs() const;

  void Over();
  telemetry::LogEntry LogEntry() const;

  // First, so that it goes last: filters and plans live in what it holds.
  struct RuntimeHold {
    explicit RuntimeHold(HttpRuntime& runtime) : runtime(runtime) { runtime.Ref(); }
    ~RuntimeHold() { runtime.Unref(); }
    HttpRuntime& runtime;
  };

  const RuntimeHold hold_;
  HttpRuntime& runtime_;
  event::Loop& loop_;
  http::ServerStream* stream_;
  http::RequestHead* request_ = nullptr;
  base::Arena arena_;
  http::ResponseHead response_{arena_};
  http::StreamInfo info_;
  router::RouteChoice choice_;
  uint64_t random_;
  const RoutePlan* plan_ = nullptr;
  const config::WeightedCluster* weighted_ = nullptr;
  http::HeaderMap* response_trailers_ = nullptr;
  std::unique_ptr<http::HeaderMap> kept_trailers_;  // Made only for filters.

  absl::InlinedVector<std::shared_ptr<Shadow>, 1> shadows_;  // With body still to come.

  FilterRun filters_{*this};
  UpstreamCall call_;
  event::MemberTimer<Exchange, &Exchange::OnRouteTimeout> route_timer_{loop_, *this};
  event::MemberTimer<Exchange, &Exchange::OnIdleTimeout> idle_timer_{loop_, *this};
  event::MemberTimer<Exchange, &Exchange::OnMaxDuration> duration_timer_{loop_, *this};
  event::MemberTimer<Exchange, &Exchange::OnRequestTimeout> request_timer_{loop_, *this};
  int64_t route_timeout_ms_ = 0;
  int64_t last_activity_ms_ = 0;
  uint64_t max_body_bytes_ = 0;
  uint32_t replies_ = 0;  // Calls of Reply: a later one takes the place of the one before.

  bool request_ended_ = false;   // All of it has arrived.
  bool answered_here_ = false;   // By Reply: nobody waits for the rest of the request.
  bool response_sent_ = false;   // The head went to the codec.
  bool response_ended_ = false;  // Its end did.
  bool tunnel_ = false;          // 101 was sent.
  bool route_cleared_ = false;
  bool client_paused_ = false;    // We stopped the client's stream for the upstream's sake.
  bool upstream_paused_ = false;  // And the reverse.
  bool hold_paused_ = false;      // And the client's for the filters' sake.
  bool response_hold_paused_ = false;
  bool owes_continue_ = false;  // The client waits for our 100.
  bool over_ = false;
};

}  // namespace sluice::exchange
