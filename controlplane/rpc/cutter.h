// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

namespace sluice::rpc {

// Cutter cancels a call that is to end and does not: one whose peer reads nothing, so that the
// status waits behind a message for ever.
//
// A context may be cancelled only until its call is finished, and a cancellation may finish the
// call on the same thread. So Finish goes through here too: one that comes during a cut is made
// when the cut is over.
//
// Thread:   any.
// Lifetime: part of a reactor; dies with it.
// Limits:   kGrace until the cut.
class Cutter {
 public:
  static constexpr std::chrono::seconds kGrace{2};

  explicit Cutter(grpc::ServerContextBase* context) : context_(context) {}

  // Once. Nothing happens if `reactor`, which holds this, is gone by then.
  void Arm(std::weak_ptr<void> reactor);

  // Once. Nothing of the reactor may be touched afterwards.
  void Finish(std::function<void()> finish);

 private:
  void Cut();

  grpc::ServerContextBase* const context_;
  std::mutex mutex_;
  bool is_cutting_ = false;
  bool is_finished_ = false;
  std::function<void()> finish_;
  grpc::Alarm alarm_;
};

}  // namespace sluice::rpc
