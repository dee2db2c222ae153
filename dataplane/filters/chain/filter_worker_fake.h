// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/filters/chain/filter_worker.h"
#include "dataplane/limits/limit_table.h"

namespace sluice::filters {

// A FilterWorker whose consumers, time and password checks are the test's.
//
// Thread:   one.
// Lifetime: outlives the filters.
class FakeFilterWorker final : public FilterWorker, public PasswordChecker {
 public:
  struct Check {
    std::string hash;
    std::string password;
    absl::AnyInvocable<void(bool)> done;
  };

  const config::ConsumerTable& consumers() const override { return consumers_; }
  int64_t wall_s() const override { return wall_s_; }
  PasswordChecker& passwords() override { return *this; }
  limits::LimitTable& limits() override { return limits_; }
  FilterState& StateOf(const config::FilterConfig& config,
                       std::unique_ptr<FilterState> (*make)(const config::FilterConfig&)) override {
    std::unique_ptr<FilterState>& state = states_[&config];
    if (state == nullptr) state = make(config);
    return *state;
  }
  void CountDecision(std::string_view policy, http::PolicyOutcome outcome,
                     std::string_view reason) override {
    ++counts_[absl::StrCat(policy, " ", http::PolicyOutcomeName(outcome), " ", reason)];
  }
  bool TryCheck(std::string hash, std::string password,
                absl::AnyInvocable<void(bool)> done) override {
    if (checks_full_) return false;
    checks_.push_back({std::move(hash), std::move(password), std::move(done)});
    return true;
  }

  void Add(const config::ConsumerSpec& consumer) {
    consumers_.Apply({{nullptr, config::Consumer::Make(consumer)}});
  }
  void set_wall_s(int64_t wall_s) { wall_s_ = wall_s; }
  void set_checks_full(bool full) { checks_full_ = full; }

  // Those that wait, oldest first.
  std::deque<Check>& checks() { return checks_; }
  // Answers the oldest.
  void FinishCheck(bool good) {
    Check check = std::move(checks_.front());
    checks_.pop_front();
    check.done(good);
  }
  // Of "POLICY OUTCOME REASON".
  int count(const std::string& decision) { return counts_[decision]; }

 private:
  config::ConsumerTable consumers_;
  limits::LimitTable limits_{0, 4096};
  int64_t wall_s_ = 1'700'000'000;
  bool checks_full_ = false;
  std::deque<Check> checks_;
  std::map<const config::FilterConfig*, std::unique_ptr<FilterState>> states_;
  std::map<std::string, int> counts_;
};

}  // namespace sluice::filters
