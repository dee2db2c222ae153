// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/admin/admin_source.h"
#include "dataplane/upstream/cluster.h"

namespace sluice::admin {

// A ClusterTally adds up what each worker says of its clusters, for AdminSource::ForClusters.
//
// Thread: any; each worker adds its own.
class ClusterTally {
 public:
  void Add(const upstream::Cluster& cluster);

  // All that was added, in order of name and of address. Ends the tally.
  std::vector<ClusterView> Take();

 private:
  struct Sum {
    config::CircuitBreaker circuit_breaker;
    std::map<std::string, EndpointView> endpoints;
  };
  absl::Mutex mutex_;
  std::map<std::string, Sum> clusters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::admin
