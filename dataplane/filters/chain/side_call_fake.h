// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "base/arena.h"
#include "dataplane/filters/chain/side_call.h"

namespace sluice::filters {

// A SideCallRequest, copied, and what became of it.
struct FakeSideCall {
  using Fields = std::vector<std::pair<std::string, std::string>>;

  std::string cluster, method, scheme, authority, path, body;
  std::multimap<std::string, std::string> headers;
  int64_t timeout_ms = 0;
  size_t max_body_bytes = 0;
  bool trailers = false;
  uint32_t retries = 0;
  bool idempotent = false;

  bool over = false;       // The observer was told.
  bool cancelled = false;  // It will not be.

  std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }

 private:
  friend class FakeSideCalls;
  SideCallObserver* observer = nullptr;
  base::Arena arena;  // What the outcome's views show.
  SideCallOutcome outcome;
};

// A FakeSideCalls keeps what filters ask of clusters until the test answers. Limits of a request
// hold here too: a larger body is a failure, trailers that were not asked for are dropped.
//
// Thread:   one.
// Lifetime: records stay until it goes; it outlives its handles.
class FakeSideCalls final : public SideCalls {
 public:
  SideCallHandle Start(SideCallRequest&& request, SideCallObserver& observer) override {
    FakeSideCall& call = calls_.emplace_back();
    call.cluster = request.cluster;
    call.method = request.method;
    call.scheme = request.scheme;
    call.authority = request.authority;
    call.path = request.path;
    call.body = request.body.ToString();
    for (const http::HeaderMap::Field& field : request.headers) {
      call.headers.emplace(field.name, field.value);
    }
    call.timeout_ms = request.timeout_ms;
    call.max_body_bytes = request.max_body_bytes;
    call.trailers = request.trailers;
    call.retries = request.retries;
    call.idempotent = request.idempotent;
    call.observer = &observer;
    return SideCallHandle(new Handle(call));
  }

  // In the order of their starts.
  size_t size() const { return calls_.size(); }
  FakeSideCall& call(size_t i) { return calls_.at(i); }
  // Those that wait for their outcome.
  size_t waiting() const {
    size_t n = 0;
    for (const FakeSideCall& call : calls_) n += call.observer != nullptr;
    return n;
  }

  // Ends call `i`, which waits, with an answer. Not from inside a filter's call of Start.
  void Answer(size_t i, uint16_t status, const FakeSideCall::Fields& headers = {},
              std::string_view body = "", const FakeSideCall::Fields& trailers = {}) {
    FakeSideCall& call = calls_.at(i);
    if (body.size() > call.max_body_bytes) return Fail(i, SideCallFailure::kTooLarge);
    call.outcome.status = status;
    Copy(headers, call, call.outcome.headers);
    call.outcome.body.AppendCopy(body);
    if (call.trailers) Copy(trailers, call, call.outcome.trailers);
    Tell(call);
  }
  void Fail(size_t i, SideCallFailure failure, std::string_view transport_failure = "") {
    FakeSideCall& call = calls_.at(i);
    call.outcome.failure = failure;
    call.outcome.transport_failure = call.arena.Copy(transport_failure);
    Tell(call);
  }

 private:
  class Handle final : public SideCall {
   public:
    explicit Handle(FakeSideCall& call) : call_(call) {}
    void Cancel() override {
      if (call_.observer == nullptr) return;
      call_.observer = nullptr;
      call_.cancelled = true;
    }

   private:
    void Release() override {
      Cancel();
      delete this;
    }
    FakeSideCall& call_;
  };

  static void Copy(const FakeSideCall::Fields& from, FakeSideCall& call, http::HeaderMap& to) {
    for (const auto& [name, value] : from) to.Add(call.arena.Copy(name), call.arena.Copy(value));
  }
  static void Tell(FakeSideCall& call) {
    CHECK(call.observer != nullptr) << "the call is over or cancelled";
    call.over = true;
    std::exchange(call.observer, nullptr)->OnSideCallOver(call.outcome);
  }

  std::deque<FakeSideCall> calls_;  // Records do not move.
};

}  // namespace sluice::filters
