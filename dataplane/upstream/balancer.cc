// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/balancer.h"

namespace sluice::upstream {

std::unique_ptr<Balancer> MakeBalancer(const config::Cluster& cluster,
                                       const std::vector<Host*>& hosts, Dice& dice) {
  switch (cluster.lb_policy) {
    case config::LbPolicy::kRoundRobin:
      return MakeRoundRobin(hosts, dice);
    case config::LbPolicy::kLeastRequest:
      return MakeLeastRequest(hosts, cluster.least_request_choices);
    case config::LbPolicy::kRandom:
      return MakeRandom(hosts);
  }
  return MakeRoundRobin(hosts, dice);
}

std::vector<uint32_t> WeightsOf(const std::vector<Host*>& hosts) {
  std::vector<uint32_t> weights;
  weights.reserve(hosts.size());
  for (const Host* host : hosts) weights.push_back(host->weight());
  return weights;
}

}  // namespace sluice::upstream
