// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dataplane/upstream/balancer.h"
#include "dataplane/upstream/schedule.h"

namespace sluice::upstream {

namespace {

// Candidates are thrown by weight and the less loaded for its weight wins, the first on a tie. So
// without load the shares are exactly those of the weights, and under load the power of two
// choices evens out (Mitzenmacher 2001).
class LeastRequest final : public Balancer {
 public:
  LeastRequest(const std::vector<Host*>& hosts, uint32_t choices)
      : hosts_(hosts), table_(WeightsOf(hosts)), choices_(std::max<uint32_t>(choices, 1)) {}

  Host& Choose(const LbContext&, Dice& dice) override {
    Host* best = hosts_[table_.Throw(dice)];
    if (hosts_.size() == 1) return *best;
    for (uint32_t i = 1; i < choices_; ++i) {
      Host* other = hosts_[table_.Throw(dice)];
      if (LessLoaded(*other, *best)) best = other;
    }
    return *best;
  }

 private:
  static bool LessLoaded(const Host& a, const Host& b) {
    return uint64_t{a.load().active_requests} * b.weight() <
           uint64_t{b.load().active_requests} * a.weight();
  }

  const std::vector<Host*> hosts_;
  const AliasTable table_;
  const uint32_t choices_;
};

}  // namespace

std::unique_ptr<Balancer> MakeLeastRequest(const std::vector<Host*>& hosts, uint32_t choices) {
  return std::make_unique<LeastRequest>(hosts, choices);
}

}  // namespace sluice::upstream
