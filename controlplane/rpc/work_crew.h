// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::rpc {

// WorkCrew runs tasks that may block (on a disk) on threads of its own, so that the few threads
// which gRPC calls back on, and which carry the discovery streams too, never do.
//
// Thread:   any.
// Lifetime: the destructor waits for tasks that run and drops those that wait.
// Errors:   TryPost answers false when the queue is full.
// Limits:   `threads` and `max_queue`.
class WorkCrew {
 public:
  WorkCrew(int threads, size_t max_queue);
  ~WorkCrew();
  WorkCrew(const WorkCrew&) = delete;
  WorkCrew& operator=(const WorkCrew&) = delete;

  [[nodiscard]] bool TryPost(std::function<void()> task);

 private:
  void Run();

  const size_t max_queue_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool is_over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::rpc
