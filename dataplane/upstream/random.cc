// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/balancer.h"
#include "dataplane/upstream/schedule.h"

namespace sluice::upstream {

namespace {

class Random final : public Balancer {
 public:
  explicit Random(const std::vector<Host*>& hosts) : hosts_(hosts), table_(WeightsOf(hosts)) {}

  Host& Choose(const LbContext&, Dice& dice) override { return *hosts_[table_.Throw(dice)]; }

 private:
  const std::vector<Host*> hosts_;
  const AliasTable table_;
};

}  // namespace

std::unique_ptr<Balancer> MakeRandom(const std::vector<Host*>& hosts) {
  return std::make_unique<Random>(hosts);
}

}  // namespace sluice::upstream
