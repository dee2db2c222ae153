// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "dataplane/config/consumer_table.h"
#include "dataplane/event/loop.h"
#include "dataplane/filters/chain/filter_worker.h"
#include "dataplane/telemetry/stats.h"

namespace sluice::exchange {

// WorkerFilters is what one worker gives to its filters.
//
// Thread:   its worker's only.
// Lifetime: loop, shard, checker and table outlive it; it outlives the worker's exchanges.
// Limits:   a state for each configuration in use; kMaxCounted counters of decisions, beyond which
//           the rest are counted together as those of the policy "other".
class WorkerFilters final : public filters::FilterWorker {
 public:
  static constexpr size_t kMaxCounted = 10'000;

  WorkerFilters(event::Loop& loop, telemetry::StatsShard& stats,
                filters::PasswordChecker& passwords, limits::LimitTable& limits);

  // From now on these are looked at. Null: none.
  void SetConsumers(std::shared_ptr<const config::ConsumerTable> consumers);
  // Lets go of the states of configurations that are gone.
  void Sweep();

  const config::ConsumerTable& consumers() const override { return *consumers_; }
  int64_t wall_s() const override { return loop_.clock().WallNs() / 1'000'000'000; }
  filters::PasswordChecker& passwords() override { return passwords_; }
  limits::LimitTable& limits() override { return limits_; }
  filters::FilterState& StateOf(
      const config::FilterConfig& config,
      std::unique_ptr<filters::FilterState> (*make)(const config::FilterConfig&)) override;
  void CountDecision(std::string_view policy, http::PolicyOutcome outcome,
                     std::string_view reason) override;

 private:
  struct State {
    std::weak_ptr<const config::FilterConfig> config;
    std::unique_ptr<filters::FilterState> state;
  };
  // What is counted apart, found without making strings.
  struct CountedView {
    std::string_view policy;
    http::PolicyOutcome outcome;
    std::string_view reason;
    bool operator==(const CountedView&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const CountedView& view) {
      return H::combine(std::move(h), view.policy, view.outcome, view.reason);
    }
  };
  struct Counted {
    std::string policy;
    http::PolicyOutcome outcome;
    std::string reason;
    operator CountedView() const { return {policy, outcome, reason}; }
  };
  struct CountedHash {
    using is_transparent = void;
    size_t operator()(const CountedView& view) const { return absl::HashOf(view); }
  };
  struct CountedEqual {
    using is_transparent = void;
    bool operator()(const CountedView& a, const CountedView& b) const { return a == b; }
  };

  event::Loop& loop_;
  telemetry::StatsShard& stats_;
  filters::PasswordChecker& passwords_;
  limits::LimitTable& limits_;
  std::shared_ptr<const config::ConsumerTable> consumers_;
  absl::flat_hash_map<const config::FilterConfig*, State> states_;
  absl::flat_hash_map<Counted, telemetry::Counter*, CountedHash, CountedEqual> counters_;
};

}  // namespace sluice::exchange
