// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/config/cluster.h"
#include "dataplane/upstream/dice.h"
#include "dataplane/upstream/host.h"
#include "dataplane/upstream/lb_context.h"

namespace sluice::upstream {

// A Balancer chooses among hosts of equal standing: one priority, one health, one locality. Which
// group of hosts is asked is decided before, in HostSet.
//
// Thread:   its worker's only.
// Lifetime: made anew when endpoints change; the hosts outlive it.
// Limits:   Choose allocates nothing.
class Balancer {
 public:
  virtual ~Balancer() = default;

  virtual Host& Choose(const LbContext& context, Dice& dice) = 0;
};

// Each needs at least one host.

// In turn, as often as weights say.
std::unique_ptr<Balancer> MakeRoundRobin(const std::vector<Host*>& hosts, Dice& dice);

// The one with the fewest active requests for its weight among `choices` thrown by weight.
std::unique_ptr<Balancer> MakeLeastRequest(const std::vector<Host*>& hosts, uint32_t choices);

// Thrown by weight.
std::unique_ptr<Balancer> MakeRandom(const std::vector<Host*>& hosts);

// By the cluster's policy.
std::unique_ptr<Balancer> MakeBalancer(const config::Cluster& cluster,
                                       const std::vector<Host*>& hosts, Dice& dice);

// The weights of `hosts`, in order.
std::vector<uint32_t> WeightsOf(const std::vector<Host*>& hosts);

}  // namespace sluice::upstream
