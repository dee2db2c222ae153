// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/filter_run.h"

#include <new>
#include <utility>

namespace sluice::exchange {

using filters::Verdict;

namespace {

// Hooks of the response are those of the request, three bits up.
constexpr int kResponseShift = 3;
static_assert(filters::kOnResponse == filters::kOnRequest << kResponseShift);
static_assert(filters::kOnResponseData == filters::kOnRequestData << kResponseShift);
static_assert(filters::kOnResponseTrailers == filters::kOnRequestTrailers << kResponseShift);

}  // namespace

bool FilterRun::Slot::Wants(Way way, uint8_t request_hook) const {
  const uint8_t hook =
      way == kRequest ? request_hook : static_cast<uint8_t>(request_hook << kResponseShift);
  return (step_.type->hooks & hook) != 0;
}

FilterRun::~FilterRun() {
  // Arena memory is not freed by delete: only destroyed.
  for (Slot* slot : slots_) {
    slot->filter->~Filter();
    for (Hold* hold : slot->holds) {
      if (hold != nullptr) hold->~Hold();
    }
    slot->~Slot();
  }
}

void FilterRun::Create(const RoutePlan& plan) {
  for (const RoutePlan::Step& step : plan.steps()) {
    char* memory = owner_.arena().Allocate(sizeof(Slot), alignof(Slot));
    Slot* slot = new (memory) Slot(*this, slots_.size(), step);
    slot->filter = step.type->create(*slot, step.chain_config, owner_.arena());
    if (slot->filter == nullptr) {
      slot->~Slot();
      continue;
    }
    slots_.push_back(slot);
  }
}

// ---- The ways in --------------------------------------------------------------------------------

void FilterRun::Request(bool end_stream) {
  progress_[kRequest].head_ended = end_stream;
  RunHead(kRequest, 0);
}

void FilterRun::RequestData(base::Buffer& data, bool end_stream) {
  RunData(kRequest, 0, data, end_stream);
}

void FilterRun::RequestTrailers(http::HeaderMap& trailers) { RunTrailers(kRequest, 0, trailers); }

void FilterRun::Response(size_t from, bool end_stream) {
  Progress& progress = progress_[kResponse];
  DropHeld(kResponse);
  ++progress.message;
  progress.head_at = kNone;
  progress.head_ended = end_stream;
  progress.first = slots_.size() - from;
  RunHead(kResponse, progress.first);
}

void FilterRun::ResponseData(base::Buffer& data, bool end_stream) {
  RunData(kResponse, progress_[kResponse].first, data, end_stream);
}

void FilterRun::ResponseTrailers(http::HeaderMap& trailers) {
  RunTrailers(kResponse, progress_[kResponse].first, trailers);
}

// ---- Along the chain ----------------------------------------------------------------------------

template <typename Call>
FilterRun::Outcome FilterRun::Show(Way way, size_t position, uint8_t request_hook, Call call) {
  const Progress& progress = progress_[way];
  const size_t index = IndexOf(way, position);
  Slot& slot = *slots_[index];
  if (slot.Wants(way, request_hook)) {
    const uint32_t message = progress.message;
    const size_t outer = in_response_call_;
    if (way == kResponse) in_response_call_ = index;
    const Verdict verdict = call(*slot.filter);
    in_response_call_ = outer;
    if (progress.stopped || progress.message != message) return Outcome::kStop;
    if (verdict == Verdict::kPause) HoldOf(way, index).paused = true;
  }
  return slot.paused(way) ? Outcome::kPause : Outcome::kGoOn;
}

void FilterRun::RunHead(Way way, size_t position) {
  Progress& progress = progress_[way];
  for (; position < slots_.size(); ++position) {
    if (way == kResponse && slots_[IndexOf(way, position)]->Wants(way, filters::kOnRequest)) {
      last_to_see_response_ = IndexOf(way, position);
    }
    const Outcome outcome = Show(way, position, filters::kOnRequest, [&](filters::Filter& filter) {
      return way == kRequest ? filter.OnRequest(owner_.request(), progress.head_ended)
                             : filter.OnResponse(*owner_.response(), progress.head_ended);
    });
    if (outcome == Outcome::kStop) return;
    if (outcome == Outcome::kPause) {
      progress.head_at = position;
      return;
    }
  }
  if (way == kRequest) {
    owner_.OnFilteredRequest(progress.head_ended);
  } else {
    owner_.OnFilteredResponse(progress.head_ended);
  }
}

void FilterRun::RunData(Way way, size_t position, base::Buffer& data, bool end_stream) {
  Progress& progress = progress_[way];
  if (progress.stopped) return data.Clear();
  for (; position < slots_.size(); ++position) {
    const Outcome outcome =
        Show(way, position, filters::kOnRequestData, [&](filters::Filter& filter) {
          return way == kRequest ? filter.OnRequestData(data, end_stream)
                                 : filter.OnResponseData(data, end_stream);
        });
    if (outcome == Outcome::kStop) return data.Clear();
    if (outcome == Outcome::kPause) {
      Hold& hold = HoldOf(way, IndexOf(way, position));
      progress.held_bytes += data.size();
      hold.data.MoveFrom(data);
      hold.ended |= end_stream;
      return AnnounceHeld(way);
    }
  }
  if (way == kRequest) {
    owner_.OnFilteredRequestData(data, end_stream);
  } else {
    owner_.OnFilteredResponseData(data, end_stream);
  }
}

void FilterRun::RunTrailers(Way way, size_t position, http::HeaderMap& trailers) {
  if (progress_[way].stopped) return;
  for (; position < slots_.size(); ++position) {
    const Outcome outcome =
        Show(way, position, filters::kOnRequestTrailers, [&](filters::Filter& filter) {
          return way == kRequest ? filter.OnRequestTrailers(trailers)
                                 : filter.OnResponseTrailers(trailers);
        });
    if (outcome == Outcome::kStop) return;
    if (outcome == Outcome::kPause) {
      HoldOf(way, IndexOf(way, position)).trailers = &trailers;
      return;
    }
  }
  if (way == kRequest) {
    owner_.OnFilteredRequestTrailers(trailers);
  } else {
    owner_.OnFilteredResponseTrailers(trailers);
  }
}

// ---- Holding and letting go ---------------------------------------------------------------------

FilterRun::Hold& FilterRun::HoldOf(Way way, size_t index) {
  Hold*& hold = slots_[index]->holds[way];
  if (hold == nullptr) hold = new (owner_.arena().Allocate(sizeof(Hold), alignof(Hold))) Hold;
  return *hold;
}

void FilterRun::AnnounceHeld(Way way) {
  Progress& progress = progress_[way];
  const bool above = progress.held_bytes > kHoldBytes;
  if (above == progress.above_limit || progress.stopped) return;
  progress.above_limit = above;
  if (way == kRequest) {
    owner_.OnRequestHoldChanged(above);
  } else {
    owner_.OnResponseHoldChanged(above);
  }
}

void FilterRun::DropHeld(Way way) {
  for (Slot* slot : slots_) {
    Hold* hold = slot->holds[way];
    if (hold == nullptr) continue;
    hold->data.Clear();
    hold->trailers = nullptr;
    hold->ended = hold->paused = false;
  }
  progress_[way].held_bytes = 0;
}

// What waits goes on behind the filter: the head if it stands here, then bytes, then trailers. A
// filter further on may pause in the midst of it.
void FilterRun::Release(Way way, size_t position) {
  Progress& progress = progress_[way];
  Hold& hold = *slots_[IndexOf(way, position)]->holds[way];
  hold.paused = false;
  const uint32_t message = progress.message;
  const auto interrupted = [&] { return progress.stopped || progress.message != message; };
  if (progress.head_at == position) {
    progress.head_at = kNone;
    RunHead(way, position + 1);
    if (interrupted()) return;
  }
  base::Buffer data = std::move(hold.data);
  progress.held_bytes -= data.size();
  if (!data.empty() || hold.ended) {
    RunData(way, position + 1, data, std::exchange(hold.ended, false));
    if (interrupted()) return;
  }
  if (hold.trailers != nullptr) {
    RunTrailers(way, position + 1, *std::exchange(hold.trailers, nullptr));
    if (interrupted()) return;
  }
  AnnounceHeld(way);
}

void FilterRun::Continue(size_t index) {
  const Slot& slot = *slots_[index];
  // A filter that is paused both ways has the way it is called in continued, else the request.
  const bool response_first = in_response_call_ == index;
  for (const Way way :
       {response_first ? kResponse : kRequest, response_first ? kRequest : kResponse}) {
    if (!slot.paused(way) || progress_[way].stopped) continue;
    return Release(way, PositionOf(way, index));
  }
}

void FilterRun::Reply(const filters::LocalReply& reply, size_t index) {
  // A filter that still thinks about the request when it has been answered comes too late (H2-22).
  const bool to_response = in_response_call_ == index || slots_[index]->paused(kResponse);
  if (progress_[kResponse].stopped || (progress_[kRequest].stopped && !to_response)) return;
  StopRequest();
  owner_.OnFilterReply(reply, index);
}

void FilterRun::StopRequest() {
  progress_[kRequest].stopped = true;
  DropHeld(kRequest);
}

void FilterRun::Stop() {
  StopRequest();
  progress_[kResponse].stopped = true;
  calls_.CancelAll();
}

filters::SideCallHandle FilterRun::Calls::Start(filters::SideCallRequest&& request,
                                                filters::SideCallObserver& observer) {
  filters::SideCallHandle call = run_.owner_.side_calls().Start(std::move(request), observer);
  if (run_.progress_[kResponse].stopped) {
    call->Cancel();
  } else {
    under_way_.PushBack(*call);
  }
  return call;
}

void FilterRun::Calls::CancelAll() {
  while (filters::SideCall* call = under_way_.PopFront()) call->Cancel();
}

}  // namespace sluice::exchange
