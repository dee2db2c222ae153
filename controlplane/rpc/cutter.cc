// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/cutter.h"

#include <utility>

namespace sluice::rpc {

void Cutter::Arm(std::weak_ptr<void> reactor) {
  alarm_.Set(std::chrono::system_clock::now() + kGrace,
             [this, reactor = std::move(reactor)](bool is_due) {
               const std::shared_ptr<void> kept = reactor.lock();
               if (is_due && kept != nullptr) Cut();
             });
}

void Cutter::Finish(std::function<void()> finish) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_finished_ = true;
    if (is_cutting_) {
      finish_ = std::move(finish);
      return;
    }
  }
  finish();
}

void Cutter::Cut() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_finished_) return;
    is_cutting_ = true;
  }
  context_->TryCancel();
  std::function<void()> finish;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_cutting_ = false;
    finish.swap(finish_);
  }
  if (finish) finish();
}

}  // namespace sluice::rpc
