// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/filter_run.h"

#include <new>
#include <utility>

namespace sluice::exchange {

using filters::Verdict;

FilterRun::~FilterRun() {
  // Arena memory is not freed by delete: only destroyed.
  for (Slot* slot : slots_) {
    if (slot->filter != nullptr) slot->filter->~Filter();
    slot->~Slot();
  }
}

void FilterRun::Create(const RoutePlan& plan) {
  for (const RoutePlan::Step& step : plan.steps()) {
    char* memory = owner_.arena().Allocate(sizeof(Slot), alignof(Slot));
    Slot* slot = new (memory) Slot(*this, slots_.size(), step);
    slot->filter = step.type->create(*slot, step.chain_config, owner_.arena());
    slots_.push_back(slot);
  }
}

void FilterRun::Request(bool end_stream) {
  request_.head_ended = end_stream;
  RunRequest(0);
}

void FilterRun::RunRequest(size_t from) {
  for (size_t i = from; i < slots_.size(); ++i) {
    Slot& slot = *slots_[i];
    if (slot.filter == nullptr || (slot.hooks() & filters::kOnRequest) == 0) continue;
    const Verdict verdict = slot.filter->OnRequest(owner_.request(), request_.head_ended);
    if (request_.stopped) return;
    if (verdict == Verdict::kPause) {
      request_.paused_at = i;
      return;
    }
  }
  request_.head_passed = true;
  owner_.OnFilteredRequest(request_.head_ended);
}

void FilterRun::RequestData(base::Buffer& data, bool end_stream) {
  if (slots_.empty()) return owner_.OnFilteredRequestData(data, end_stream);
  RunRequestData(0, data, end_stream);
}

void FilterRun::RunRequestData(size_t from, base::Buffer& data, bool end_stream) {
  for (size_t i = from; i < slots_.size(); ++i) {
    if (request_.stopped) return data.Clear();
    Slot& slot = *slots_[i];
    Verdict verdict = Verdict::kContinue;
    if (slot.filter != nullptr && (slot.hooks() & filters::kOnRequestData) != 0) {
      verdict = slot.filter->OnRequestData(data, end_stream);
      if (request_.stopped) return data.Clear();
    }
    if (verdict == Verdict::kPause) request_.paused_at = i;
    if (request_.paused_at == i) return Hold(data, end_stream);
  }
  if (!request_.stopped) owner_.OnFilteredRequestData(data, end_stream);
}

void FilterRun::Hold(base::Buffer& data, bool end_stream) {
  request_.held.MoveFrom(data);
  request_.data_ended |= end_stream;
  if (request_.held.size() > kHoldBytes && !std::exchange(hold_announced_, true)) {
    owner_.OnHoldChanged(true);
  }
}

void FilterRun::RequestTrailers(http::HeaderMap& trailers) { RunRequestTrailers(0, trailers); }

void FilterRun::RunRequestTrailers(size_t from, http::HeaderMap& trailers) {
  for (size_t i = from; i < slots_.size(); ++i) {
    if (request_.stopped) return;
    Slot& slot = *slots_[i];
    Verdict verdict = Verdict::kContinue;
    if (slot.filter != nullptr && (slot.hooks() & filters::kOnRequestTrailers) != 0) {
      verdict = slot.filter->OnRequestTrailers(trailers);
      if (request_.stopped) return;
    }
    if (verdict == Verdict::kPause) request_.paused_at = i;
    if (request_.paused_at == i) {
      request_.trailers = &trailers;
      return;
    }
  }
  if (!request_.stopped) owner_.OnFilteredRequestTrailers(trailers);
}

void FilterRun::Response(size_t from, bool end_stream) {
  response_from_ = from;
  response_.head_ended = end_stream;
  RunResponse(from);
}

void FilterRun::RunResponse(size_t from) {
  for (size_t i = from; i-- > 0;) {
    Slot& slot = *slots_[i];
    if (slot.filter == nullptr || (slot.hooks() & filters::kOnResponse) == 0) continue;
    const Verdict verdict = slot.filter->OnResponse(*owner_.response(), response_.head_ended);
    if (response_.stopped) return;
    if (verdict == Verdict::kPause) {
      response_.paused_at = i;
      return;
    }
  }
  response_.head_passed = true;
  owner_.OnFilteredResponse(response_.head_ended);
}

void FilterRun::ResponseData(base::Buffer& data, bool end_stream) {
  RunResponseData(response_from_, data, end_stream);
}

void FilterRun::RunResponseData(size_t from, base::Buffer& data, bool end_stream) {
  for (size_t i = from; i-- > 0;) {
    if (response_.stopped) return data.Clear();
    Slot& slot = *slots_[i];
    Verdict verdict = Verdict::kContinue;
    if (slot.filter != nullptr && (slot.hooks() & filters::kOnResponseData) != 0) {
      verdict = slot.filter->OnResponseData(data, end_stream);
      if (response_.stopped) return data.Clear();
    }
    if (verdict == Verdict::kPause) response_.paused_at = i;
    if (response_.paused_at == i) {
      response_.held.MoveFrom(data);
      response_.data_ended |= end_stream;
      return;
    }
  }
  if (!response_.stopped) owner_.OnFilteredResponseData(data, end_stream);
}

void FilterRun::ResponseTrailers(http::HeaderMap& trailers) {
  RunResponseTrailers(response_from_, trailers);
}

void FilterRun::RunResponseTrailers(size_t from, http::HeaderMap& trailers) {
  for (size_t i = from; i-- > 0;) {
    if (response_.stopped) return;
    Slot& slot = *slots_[i];
    Verdict verdict = Verdict::kContinue;
    if (slot.filter != nullptr && (slot.hooks() & filters::kOnResponseTrailers) != 0) {
      verdict = slot.filter->OnResponseTrailers(trailers);
      if (response_.stopped) return;
    }
    if (verdict == Verdict::kPause) response_.paused_at = i;
    if (response_.paused_at == i) {
      response_.trailers = &trailers;
      return;
    }
  }
  if (!response_.stopped) owner_.OnFilteredResponseTrailers(trailers);
}

void FilterRun::Continue(size_t index) {
  if (request_.paused_at == index && !request_.stopped) {
    ReleaseRequest(index);
  } else if (response_.paused_at == index && !response_.stopped) {
    ReleaseResponse(index);
  }
}

void FilterRun::ReleaseRequest(size_t index) {
  request_.paused_at = kNone;
  if (!request_.head_passed) RunRequest(index + 1);
  if (request_.stopped) return;
  // Also when a later filter has paused on the head: it has to see the bytes that were held here.
  base::Buffer data = std::move(request_.held);
  request_.held.Clear();
  if (std::exchange(hold_announced_, false)) owner_.OnHoldChanged(false);
  if (!data.empty() || request_.data_ended) {
    RunRequestData(index + 1, data, std::exchange(request_.data_ended, false));
  }
  if (request_.trailers != nullptr && !request_.stopped) {
    RunRequestTrailers(index + 1, *std::exchange(request_.trailers, nullptr));
  }
}

void FilterRun::ReleaseResponse(size_t index) {
  response_.paused_at = kNone;
  if (!response_.head_passed) RunResponse(index);
  if (response_.stopped) return;
  base::Buffer data = std::move(response_.held);
  response_.held.Clear();
  if (!data.empty() || response_.data_ended) {
    RunResponseData(index, data, std::exchange(response_.data_ended, false));
  }
  if (response_.trailers != nullptr && !response_.stopped) {
    RunResponseTrailers(index, *std::exchange(response_.trailers, nullptr));
  }
}

void FilterRun::Reply(const filters::LocalReply& reply, size_t index) {
  if (request_.stopped) return;
  request_.stopped = true;
  request_.held.Clear();
  owner_.OnFilterReply(reply, index);
}

}  // namespace sluice::exchange
