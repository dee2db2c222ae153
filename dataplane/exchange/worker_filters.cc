// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/worker_filters.h"

#include <utility>

namespace sluice::exchange {
namespace {

const std::shared_ptr<const config::ConsumerTable>& NoConsumers() {
  static const auto* const kNone = new std::shared_ptr<const config::ConsumerTable>(
      std::make_shared<const config::ConsumerTable>());
  return *kNone;
}

}  // namespace

WorkerFilters::WorkerFilters(event::Loop& loop, telemetry::StatsShard& stats,
                             filters::PasswordChecker& passwords, limits::LimitTable& limits)
    : loop_(loop),
      stats_(stats),
      passwords_(passwords),
      limits_(limits),
      consumers_(NoConsumers()) {}

void WorkerFilters::SetConsumers(std::shared_ptr<const config::ConsumerTable> consumers) {
  consumers_ = consumers == nullptr ? NoConsumers() : std::move(consumers);
}

void WorkerFilters::Sweep() {
  absl::erase_if(states_, [](const auto& entry) { return entry.second.config.expired(); });
}

filters::FilterState& WorkerFilters::StateOf(
    const config::FilterConfig& config,
    std::unique_ptr<filters::FilterState> (*make)(const config::FilterConfig&)) {
  State& state = states_[&config];
  // Another may have lived at this address before.
  if (state.state == nullptr || state.config.expired()) {
    state = {config.weak_from_this(), make(config)};
  }
  return *state.state;
}

void WorkerFilters::CountDecision(std::string_view policy, http::PolicyOutcome outcome,
                                  std::string_view reason) {
  const auto known = counters_.find(CountedView{policy, outcome, reason});
  if (known != counters_.end()) return known->second->Add();
  if (counters_.size() >= kMaxCounted) policy = "other";
  telemetry::Counter& counter = stats_.GetCounter(
      "policy_decisions_total", {{"policy", std::string(policy)},
                                 {"decision", std::string(http::PolicyOutcomeName(outcome))},
                                 {"reason", std::string(reason)}});
  counter.Add();
  if (counters_.size() >= kMaxCounted) return;
  counters_.emplace(Counted{std::string(policy), outcome, std::string(reason)}, &counter);
}

}  // namespace sluice::exchange
