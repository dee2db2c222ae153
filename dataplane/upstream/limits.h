// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "dataplane/config/cluster.h"

namespace sluice::upstream {

// A Limit counts things of which there may be so many at once.
class Limit {
 public:
  explicit Limit(uint32_t max) : max_(max) {}

  [[nodiscard]] bool TryTake() {
    if (in_use_ >= max_) return false;
    ++in_use_;
    return true;
  }
  // Takes one even over the limit.
  void Take() { ++in_use_; }
  void Give() { --in_use_; }
  bool exhausted() const { return in_use_ >= max_; }
  uint32_t in_use() const { return in_use_; }

 private:
  const uint32_t max_;
  uint32_t in_use_ = 0;
};

// A cluster's circuit breaker, as one worker's share of the whole proxy's.
//
// Limits: shares are rounded up, so that a limit of 1 is not 0 for everybody; together the workers
//         may exceed a limit by less than their number.
class Limits {
 public:
  Limits(const config::CircuitBreaker& breaker, uint32_t workers)
      : connections(ShareOf(breaker.max_connections, workers)),
        pending(ShareOf(breaker.max_pending, workers)),
        requests(ShareOf(breaker.max_requests, workers)),
        retries_(ShareOf(breaker.max_retries, workers)),
        budget_percent_(breaker.retry_budget_percent),
        budget_min_(ShareOf(breaker.retry_budget_min, workers)) {}

  Limit connections;
  Limit pending;
  Limit requests;

  // A retry is counted against the budget, a part of what is under way, if there is one, else
  // against a fixed number.
  [[nodiscard]] bool TryTakeRetry() {
    if (!budget_percent_.has_value()) return retries_.TryTake();
    const uint64_t under_way = uint64_t{requests.in_use()} + pending.in_use();
    const uint64_t allowed = std::max<uint64_t>(budget_min_, under_way * *budget_percent_ / 100);
    if (retries_.in_use() >= allowed) return false;
    retries_.Take();
    return true;
  }
  void GiveRetry() { retries_.Give(); }
  uint32_t retries() const { return retries_.in_use(); }

 private:
  static uint32_t ShareOf(uint32_t whole, uint32_t workers) {
    return workers <= 1 ? whole : whole / workers + (whole % workers != 0 ? 1 : 0);
  }

  Limit retries_;
  const std::optional<uint32_t> budget_percent_;
  const uint32_t budget_min_;
};

}  // namespace sluice::upstream
