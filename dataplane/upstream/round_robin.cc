// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/balancer.h"
#include "dataplane/upstream/schedule.h"

namespace sluice::upstream {

namespace {

class RoundRobin final : public Balancer {
 public:
  RoundRobin(const std::vector<Host*>& hosts, Dice& dice)
      : hosts_(hosts), schedule_(WeightsOf(hosts), dice) {}

  Host& Choose(const LbContext&, Dice&) override { return *hosts_[schedule_.Next()]; }

 private:
  const std::vector<Host*> hosts_;
  Schedule schedule_;
};

}  // namespace

std::unique_ptr<Balancer> MakeRoundRobin(const std::vector<Host*>& hosts, Dice& dice) {
  return std::make_unique<RoundRobin>(hosts, dice);
}

}  // namespace sluice::upstream
