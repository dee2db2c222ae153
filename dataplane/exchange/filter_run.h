// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/exchange/route_plan.h"
#include "dataplane/filters/chain/filter.h"

namespace sluice::exchange {

// What a FilterRun gives its exchange: the message as it leaves the chain, and what filters ask.
class FilterRunOwner {
 public:
  virtual void OnFilteredRequest(bool end_stream) = 0;
  virtual void OnFilteredRequestData(base::Buffer& data, bool end_stream) = 0;
  virtual void OnFilteredRequestTrailers(http::HeaderMap& trailers) = 0;
  virtual void OnFilteredResponse(bool end_stream) = 0;
  virtual void OnFilteredResponseData(base::Buffer& data, bool end_stream) = 0;
  virtual void OnFilteredResponseTrailers(http::HeaderMap& trailers) = 0;

  // A filter answers the client; filters [0, from) have still to see the answer.
  virtual void OnFilterReply(const filters::LocalReply& reply, size_t from) = 0;
  // Request bytes held for a paused filter rose above the limit, or fell below again.
  virtual void OnHoldChanged(bool above_limit) = 0;

  virtual http::RequestHead& request() = 0;
  virtual http::ResponseHead* response() = 0;
  virtual http::StreamInfo& info() = 0;
  virtual base::Arena& arena() = 0;
  virtual int64_t now_ns() const = 0;
  virtual const config::Route* route() const = 0;
  virtual void ClearRoute() = 0;

 protected:
  ~FilterRunOwner() = default;
};

// A FilterRun takes one exchange's request through its filters, first to last, and the response
// back, last to first, holding what comes behind a filter that has paused.
//
// A filter that paused on the head still sees body bytes, so that it can collect them; bytes go no
// further than it until it continues.
//
// Thread:   its worker's only.
// Lifetime: part of its exchange; destroys its filters.
// Limits:   held request bytes beyond kHoldBytes are announced, so that the client is paused.
class FilterRun {
 public:
  static constexpr size_t kHoldBytes = 256 * 1024;

  explicit FilterRun(FilterRunOwner& owner) : owner_(owner) {}
  ~FilterRun();

  // Makes the filters. With none, the calls below go straight through.
  void Create(const RoutePlan& plan);
  size_t size() const { return slots_.size(); }

  void Request(bool end_stream);
  void RequestData(base::Buffer& data, bool end_stream);
  void RequestTrailers(http::HeaderMap& trailers);

  // Filters [0, from) see the response, last first.
  void Response(size_t from, bool end_stream);
  void ResponseData(base::Buffer& data, bool end_stream);
  void ResponseTrailers(http::HeaderMap& trailers);

  // No filter is to be called any more: the exchange has been answered or is over.
  void StopRequest() { request_.stopped = true; }
  void Stop() { request_.stopped = response_.stopped = true; }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  // One filter at its place, and the FilterHost it talks to.
  class Slot final : public filters::FilterHost {
   public:
    Slot(FilterRun& run, size_t index, const RoutePlan::Step& step)
        : run_(run), index_(index), step_(step) {}

    http::RequestHead& request() override { return run_.owner_.request(); }
    http::ResponseHead* response() override { return run_.owner_.response(); }
    http::StreamInfo& info() override { return run_.owner_.info(); }
    base::Arena& arena() override { return run_.owner_.arena(); }
    int64_t now_ns() const override { return run_.owner_.now_ns(); }
    const config::Route* route() const override { return run_.owner_.route(); }
    void ClearRoute() override { run_.owner_.ClearRoute(); }
    const config::FilterConfig* RouteConfig() const override { return step_.route_config; }
    void Continue() override { run_.Continue(index_); }
    void Reply(const filters::LocalReply& reply) override { run_.Reply(reply, index_); }

    filters::Filter* filter = nullptr;
    uint8_t hooks() const { return step_.type->hooks; }

   private:
    FilterRun& run_;
    const size_t index_;
    const RoutePlan::Step& step_;
  };

  // Where one direction stands.
  struct Direction {
    size_t paused_at = kNone;  // The filter that paused.
    bool head_passed = false;  // The head has left the chain.
    bool head_ended = false;   // end_stream of the head.
    bool data_ended = false;   // end_stream of what is held.
    bool stopped = false;
    base::Buffer held;                    // Bytes waiting at `paused_at`, which has seen them.
    http::HeaderMap* trailers = nullptr;  // Likewise.
  };

  void RunRequest(size_t from);
  void RunRequestData(size_t from, base::Buffer& data, bool end_stream);
  void RunRequestTrailers(size_t from, http::HeaderMap& trailers);
  void RunResponse(size_t from);
  void RunResponseData(size_t from, base::Buffer& data, bool end_stream);
  void RunResponseTrailers(size_t from, http::HeaderMap& trailers);
  void Continue(size_t index);
  void Reply(const filters::LocalReply& reply, size_t index);
  void Hold(base::Buffer& data, bool end_stream);
  void ReleaseRequest(size_t index);
  void ReleaseResponse(size_t index);

  FilterRunOwner& owner_;
  absl::InlinedVector<Slot*, 8> slots_;
  Direction request_;
  Direction response_;
  size_t response_from_ = 0;
  bool hold_announced_ = false;
};

}  // namespace sluice::exchange
