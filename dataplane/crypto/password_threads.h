// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace sluice::crypto {

// PasswordThreads check passwords for all workers: a check takes milliseconds to seconds, which no
// worker has. A flood of wrong passwords fills the queue and is refused there; it takes these
// threads' share of the machine and no more.
//
// Thread:   TryCheck from any; `done` runs on one of these.
// Lifetime: destruction waits for the checks under way and drops the rest. What `done` uses
// outlives
//           this.
// Limits:   kMaxWaiting checks, wherever they come from.
class PasswordThreads {
 public:
  static constexpr size_t kMaxWaiting = 256;

  explicit PasswordThreads(size_t threads);
  ~PasswordThreads();

  // Later calls `done(good)`; or returns false, and calls nothing, if too many wait.
  [[nodiscard]] bool TryCheck(std::string hash, std::string password,
                              absl::AnyInvocable<void(bool good)> done);

 private:
  struct Check {
    std::string hash;
    std::string password;
    absl::AnyInvocable<void(bool)> done;
  };

  void Run();

  absl::Mutex mutex_;
  std::deque<Check> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::crypto
