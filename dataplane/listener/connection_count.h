// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sluice::listener {

// How many connections one filter chain has, counted by all workers together: how the kernel
// spreads connections over their sockets is chance, so a limit cannot be cut into even shares.
// Touched once when a connection comes and once when it goes, never by a request.
//
// Thread: any.
class ConnectionCount {
 public:
  // False, and counts nothing, if `limit` are there already; 0: no limit.
  bool Add(uint64_t limit) {
    if (open_.fetch_add(1, std::memory_order_relaxed) < limit || limit == 0) return true;
    Remove();
    return false;
  }
  void Remove() { open_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> open_{0};
};

// The counts of a listener's filter chains, by name: they outlive each single configuration, as
// connections do.
//
// Thread: any; asked when a configuration is applied, not when a connection comes.
// Limits: names of chains that are gone are forgotten when there are as many again as there were.
class ConnectionCounts {
 public:
  std::shared_ptr<ConnectionCount> Of(const std::string& chain) {
    const absl::MutexLock lock(&mutex_);
    if (counts_.size() >= sweep_at_) {
      std::erase_if(counts_, [](const auto& entry) { return entry.second.expired(); });
      sweep_at_ = 2 * counts_.size() + kFirstSweep;
    }
    std::weak_ptr<ConnectionCount>& slot = counts_[chain];
    std::shared_ptr<ConnectionCount> count = slot.lock();
    if (count == nullptr) slot = count = std::make_shared<ConnectionCount>();
    return count;
  }

 private:
  static constexpr size_t kFirstSweep = 64;

  absl::Mutex mutex_;
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = kFirstSweep;
  std::map<std::string, std::weak_ptr<ConnectionCount>> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::listener
