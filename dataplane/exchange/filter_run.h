// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/intrusive_list.h"
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
  // Bytes held for paused filters rose above the limit, or fell below again.
  virtual void OnRequestHoldChanged(bool above_limit) = 0;
  virtual void OnResponseHoldChanged(bool above_limit) = 0;

  virtual http::RequestHead& request() = 0;
  virtual http::ResponseHead* response() = 0;
  virtual http::StreamInfo& info() = 0;
  virtual base::Arena& arena() = 0;
  virtual int64_t now_ns() const = 0;
  virtual filters::FilterWorker& filter_worker() = 0;
  virtual const config::Route* route() const = 0;
  virtual void ClearRoute() = 0;
  virtual filters::SideCalls& side_calls() = 0;

 protected:
  ~FilterRunOwner() = default;
};

// A FilterRun takes one exchange's request through its filters, first to last, and the response
// back, last to first, holding what comes behind a filter that has paused.
//
// A filter that paused on the head still sees body bytes, so that it can collect them; bytes go no
// further than it until it continues. Several filters may be paused at once, each with what waits
// behind it, and continue in any order.
//
// Invariants:
//   1. A filter sees the head first, each byte once, in order, and the trailers last.
//   2. Nothing passes a filter that is paused.
//
// Thread:   its worker's only.
// Lifetime: part of its exchange; destroys its filters.
// Limits:   held bytes beyond kHoldBytes a direction are announced, so that their source is paused.
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

  // Filters [0, from) see the response, last first. A second call replaces a response that has not
  // left the chain; what is held of the first is dropped.
  void Response(size_t from, bool end_stream);
  void ResponseData(base::Buffer& data, bool end_stream);
  void ResponseTrailers(http::HeaderMap& trailers);

  // Whether a filter before `index` has seen a response head: it must not see another.
  bool SawResponse(size_t index) const { return last_to_see_response_ < index; }

  // Filters see no more of the request: the exchange has been answered.
  void StopRequest();
  // No filter is to be called any more: the exchange is over. Calls of theirs are cancelled, since
  // what they would do with an answer is done to a request that may be gone (H2-22).
  void Stop();

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  // Positions are counted in the order of travel, so that both ways share their code: the request
  // meets slot 0 at position 0, the response meets the last slot there.
  enum Way : uint8_t { kRequest, kResponse };

  // What waits behind one filter that has paused.
  struct Hold {
    bool paused = false;
    bool ended = false;  // `data` is the last of it.
    base::Buffer data;   // The filter has seen it.
    http::HeaderMap* trailers = nullptr;
  };

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
    filters::FilterWorker& worker() override { return run_.owner_.filter_worker(); }
    const config::Route* route() const override { return run_.owner_.route(); }
    void ClearRoute() override { run_.owner_.ClearRoute(); }
    const config::FilterConfig* RouteConfig() const override { return step_.route_config; }
    filters::SideCalls& side_calls() override { return run_.calls_; }
    void Continue() override { run_.Continue(index_); }
    void Reply(const filters::LocalReply& reply) override { run_.Reply(reply, index_); }

    bool Wants(Way way, uint8_t request_hook) const;
    bool paused(Way way) const { return holds[way] != nullptr && holds[way]->paused; }

    filters::Filter* filter = nullptr;
    Hold* holds[2] = {};  // By way; made when the filter first pauses.

   private:
    FilterRun& run_;
    const size_t index_;
    const RoutePlan::Step& step_;
  };

  // Starts calls for the filters and remembers them.
  class Calls final : public filters::SideCalls {
   public:
    explicit Calls(FilterRun& run) : run_(run) {}
    filters::SideCallHandle Start(filters::SideCallRequest&& request,
                                  filters::SideCallObserver& observer) override;
    void CancelAll();

   private:
    FilterRun& run_;
    base::IntrusiveList<filters::SideCall> under_way_;
  };

  // Where one way stands.
  struct Progress {
    size_t head_at = kNone;    // Position of the filter that holds the head.
    size_t first = 0;          // Position at which a message enters.
    size_t held_bytes = 0;     // Over all filters.
    uint32_t message = 0;      // Rises when a message takes the place of another.
    bool head_ended = false;   // end_stream of the head.
    bool above_limit = false;  // As announced.
    bool stopped = false;
  };

  // What a call into a filter came to.
  enum class Outcome : uint8_t { kGoOn, kPause, kStop };

  size_t IndexOf(Way way, size_t position) const {
    return way == kRequest ? position : slots_.size() - 1 - position;
  }
  size_t PositionOf(Way way, size_t index) const { return IndexOf(way, index); }

  // Calls `call(Filter&)` unless the filter at `position` has no use for it.
  template <typename Call>
  Outcome Show(Way way, size_t position, uint8_t request_hook, Call call);

  void RunHead(Way way, size_t position);
  void RunData(Way way, size_t position, base::Buffer& data, bool end_stream);
  void RunTrailers(Way way, size_t position, http::HeaderMap& trailers);
  void Release(Way way, size_t position);
  Hold& HoldOf(Way way, size_t index);
  void AnnounceHeld(Way way);
  void DropHeld(Way way);
  void Continue(size_t index);
  void Reply(const filters::LocalReply& reply, size_t index);

  FilterRunOwner& owner_;
  absl::InlinedVector<Slot*, 8> slots_;
  Calls calls_{*this};
  Progress progress_[2];
  size_t last_to_see_response_ = kNone;  // Index; the response goes from last to first.
  size_t in_response_call_ = kNone;      // Index of the filter that is being shown a response.
};

}  // namespace sluice::exchange
