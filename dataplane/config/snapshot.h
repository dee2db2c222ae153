// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dataplane/config/cluster.h"
#include "dataplane/config/listener.h"

namespace sluice::config {

// A cluster with the endpoints it has now. An endpoint change makes a new ClusterEntry that shares
// `cluster`.
struct ClusterEntry {
  std::shared_ptr<const Cluster> cluster;
  std::shared_ptr<const EndpointSet> endpoints;  // Resolved addresses only.
};

// Snapshot is all that workers serve by, as of one publish. What did not change since the last one
// is the same pointer, so that a worker sees at once what it may keep.
//
// Thread:   built on the main thread, then immutable and shared.
struct Snapshot {
  uint64_t sequence = 0;     // Rises by one at each publish.
  std::string content_hash;  // Of what the control plane sent: logs, metrics, admin.
  std::vector<std::shared_ptr<const Listener>> listeners;  // In name order.
  absl::flat_hash_map<std::string, ClusterEntry> clusters;
};

}  // namespace sluice::config
