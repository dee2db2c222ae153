// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "dataplane/config/consumer_table.h"
#include "dataplane/config/route.h"
#include "dataplane/http/policy_decision.h"

namespace sluice::limits {
class LimitTable;  // limits/limit_table.h
}

namespace sluice::filters {

// What filters of one configuration keep on one worker: caches, buckets. Each filter that keeps
// something derives its own.
class FilterState {
 public:
  virtual ~FilterState() = default;
};

// Checks passwords against their hashes, away from the worker, since that is slow by design.
//
// Thread:   its worker's.
// Lifetime: outlives the worker's exchanges.
class PasswordChecker {
 public:
  // Later calls `done(good)`, on the worker; or returns false at once if too many wait already.
  // `done` is not called after the worker has ended.
  [[nodiscard]] virtual bool TryCheck(std::string hash, std::string password,
                                      absl::AnyInvocable<void(bool good)> done) = 0;

 protected:
  ~PasswordChecker() = default;
};

// What a worker gives to all its filters.
//
// Thread:   its worker's only.
// Lifetime: outlives the worker's exchanges.
class FilterWorker {
 public:
  // Those of now; never null. Valid until the caller returns to the loop.
  virtual const config::ConsumerTable& consumers() const = 0;

  // Wall clock, in seconds since 1970.
  virtual int64_t wall_s() const = 0;

  virtual PasswordChecker& passwords() = 0;

  // The counts of rate limits: one table for all workers of the process.
  virtual limits::LimitTable& limits() = 0;

  // The state of `config`'s filters on this worker, made by `make` at the first call. It lives as
  // long as `config`, which must be held by a shared_ptr.
  virtual FilterState& StateOf(
      const config::FilterConfig& config,
      std::unique_ptr<FilterState> (*make)(const config::FilterConfig& config)) = 0;

  // Counts in sluice_policy_decisions_total. `policy` is of the configuration and `reason` one of
  // few: nothing that a client says may make a metric.
  virtual void CountDecision(std::string_view policy, http::PolicyOutcome outcome,
                             std::string_view reason) = 0;

 protected:
  ~FilterWorker() = default;
};

}  // namespace sluice::filters
