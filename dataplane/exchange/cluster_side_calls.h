// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dataplane/event/loop.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/filters/chain/side_call.h"
#include "dataplane/upstream/cluster_set.h"

namespace sluice::exchange {

// ClusterSideCalls makes requests of the proxy's own to the clusters of one ClusterSet: for filters
// on a worker, and as well on the main thread. It knows no exchange; a call lives by its handle.
//
// Each is an UpstreamCall with a deadline and a bound, so that it is balanced, limited, retried and
// counted as what clients send. A cluster that is removed meanwhile still answers what it was
// asked.
//
// Thread:   that of the loop and the ClusterSet.
// Lifetime: loop, clusters and random outlive it and its handles.
// Errors:   SideCallOutcome::failure.
// Limits:   see filters::SideCalls. A request of which more than UpstreamCall::kMaxReplayBytes of
//           body were sent is not sent again.
class ClusterSideCalls final : public filters::SideCalls {
 public:
  ClusterSideCalls(event::Loop& loop, upstream::ClusterSet& clusters, Random& random)
      : loop_(loop), clusters_(clusters), random_(random) {}

  filters::SideCallHandle Start(filters::SideCallRequest&& request,
                                filters::SideCallObserver& observer) override;

 private:
  event::Loop& loop_;
  upstream::ClusterSet& clusters_;
  Random& random_;
};

}  // namespace sluice::exchange
