// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "dataplane/filters/chain/side_call.h"

namespace sluice::exchange {

// A SideCallRecorder makes one side call after another and keeps what came of the last.
//
// Thread:   the test's.
class SideCallRecorder final : public filters::SideCallObserver {
 public:
  void Start(filters::SideCalls& calls, filters::SideCallRequest&& request) {
    over = 0;
    handle = calls.Start(std::move(request), *this);
  }

  void OnSideCallOver(filters::SideCallOutcome& outcome) override {
    ++over;
    failure = outcome.failure;
    detail = std::string(outcome.detail);
    transport_failure = std::string(outcome.transport_failure);
    address = std::string(outcome.address);
    status = outcome.status;
    body = outcome.body.ToString();
    headers.clear();
    trailers.clear();
    for (const auto& field : outcome.headers) headers.emplace(field.name, field.value);
    for (const auto& field : outcome.trailers) trailers.emplace(field.name, field.value);
    if (then) std::exchange(then, nullptr)();
  }

  filters::SideCallHandle handle;
  std::function<void()> then;  // Once, when a call is over.
  int over = 0;
  filters::SideCallFailure failure = filters::SideCallFailure::kNone;
  std::string detail;
  std::string transport_failure;
  std::string address;
  uint16_t status = 0;
  std::multimap<std::string, std::string> headers;
  std::string body;
  std::multimap<std::string, std::string> trailers;
};

}  // namespace sluice::exchange
