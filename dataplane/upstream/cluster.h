// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/config/cluster.h"
#include "dataplane/http/error.h"
#include "dataplane/upstream/attempt.h"
#include "dataplane/upstream/lb_context.h"
#include "dataplane/upstream/ref.h"

namespace sluice::upstream {

// What admin shows of one endpoint, as seen by one worker.
struct HostView {
  std::string address;
  std::string hostname;
  config::Health health = config::Health::kHealthy;
  uint32_t weight = 1;
  uint32_t active_requests = 0;
  uint32_t connections = 0;
  uint64_t requests_total = 0;
  uint64_t connect_failures = 0;
  uint64_t errors_5xx = 0;
};

// One cluster as one worker sees it: live endpoints, balancer, pools, counts.
//
// Thread:   its worker's only.
// Lifetime: counted. Its set holds it while it is configured, then until its last stream has ended
//           and the last retry that was begun is over; and every attempt holds the cluster that it
//           was last started on, so that a retry may use the same pointer whatever happened to the
//           configuration since.
class Cluster : public Counted {
 public:
  virtual ~Cluster() = default;

  virtual const config::Cluster& config() const = 0;

  // Chooses an endpoint and gets a stream to it for `attempt`, which must be idle. The owner hears
  // OnStreamReady or OnReset, both possibly before this returns:
  //   kNoHealthyHost, kOverflow, kConnectFailure, kConnectTimeout, kTlsFailure: Retry::kSafe.
  virtual void Start(Attempt& attempt, const LbContext& context) = 0;

  // The host of an attempt, from Start on until the next, for LbContext::tried. To be compared
  // only: once the attempt moved on it may be gone.
  virtual const Host* HostOf(const Attempt& attempt) const = 0;

  // Retries in flight against the cluster's breaker or budget. TryStartRetry false means URX.
  virtual bool TryStartRetry() = 0;
  virtual void EndRetry() = 0;

  // Counts the outcome of one answered attempt.
  virtual void CountResponse(const Attempt& attempt, uint16_t status) = 0;

  // Counts how long a request took, from its end, or its start where that came first, to the end of
  // its answer, tries and all.
  virtual void CountRequestTime(int64_t ns) = 0;

  virtual std::vector<HostView> Hosts() const = 0;

 protected:
  // For Start: the attempt holds this cluster from now on.
  void Hold(Attempt& attempt);
  // Resets an idle attempt for which no endpoint was chosen.
  static void Refuse(Attempt& attempt, const http::StreamError& error);
};

}  // namespace sluice::upstream
