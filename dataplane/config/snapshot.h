// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/config/cluster_map.h"
#include "dataplane/config/consumer_table.h"
#include "dataplane/config/listener.h"

namespace sluice::config {

// Snapshot is all that workers serve by, as of one publish. What did not change since the last one
// is the same pointer, so that a worker sees at once what it may keep.
//
// Thread:   built on the main thread, then immutable and shared.
struct Snapshot {
  uint64_t sequence = 0;     // Rises by one at each publish.
  std::string content_hash;  // Of what the control plane sent: logs, metrics, admin.
  std::vector<std::shared_ptr<const Listener>> listeners;  // In name order.
  ClusterMap clusters;
  std::shared_ptr<const ConsumerTable> consumers;  // Null: none was asked for.
};

}  // namespace sluice::config
