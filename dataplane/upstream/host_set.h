// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/config/cluster.h"
#include "dataplane/upstream/balancer.h"
#include "dataplane/upstream/dice.h"
#include "dataplane/upstream/host.h"
#include "dataplane/upstream/lb_context.h"
#include "dataplane/upstream/schedule.h"

namespace sluice::upstream {

// A HostSet decides which of a cluster's endpoints a request goes to: first a priority and a health
// (failover as Envoy documents it: health percentages times the overprovisioning factor), then a
// locality if those are weighted, then one host by the cluster's policy.
//
// A priority *panics* when all of them together cannot carry the load and less than the threshold
// of its own hosts can: then health is ignored there, since most of it may be a mistaken check, and
// the few good ones would only be overrun. Draining hosts take part in nothing, unless there is
// nothing else.
//
// Thread:   its worker's only.
// Lifetime: made anew when endpoints change. The hosts outlive it.
// Limits:   Choose allocates nothing; O(log n) at most, O(n) only to avoid what was tried.
class HostSet {
 public:
  // One endpoint with its live side.
  struct Member {
    Host* host;
    const config::Endpoint* endpoint;
  };

  HostSet(const config::Cluster& cluster, uint32_t overprovisioning_percent,
          const std::vector<Member>& members, Dice& dice);

  // Null: there is none to be had.
  Host* Choose(const LbContext& context, Dice& dice);

  bool panicking() const { return panicking_; }

 private:
  // Hosts of one standing in one priority.
  struct Tier {
    std::vector<std::vector<Host*>> groups;  // By locality, or one.
    std::vector<std::unique_ptr<Balancer>> balancers;
    std::optional<Schedule> localities;  // With more than one group.
  };
  // Of a hundred requests, those below `up_to` (and not below the one before) go to `tier`.
  struct Share {
    uint32_t up_to;
    Tier tier;
  };
  class Builder;

  Host* ChooseOnce(const LbContext& context, Dice& dice);
  Host* FindUntried(const LbContext& context, Dice& dice) const;

  std::vector<Share> shares_;
  bool panicking_ = false;
};

}  // namespace sluice::upstream
