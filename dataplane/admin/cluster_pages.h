// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dataplane/admin/admin_source.h"

namespace sluice::admin {

// /clusters as Envoy prints it: lines of "cluster::address::fact::value", and
// envoy.admin.v3.Clusters in JSON. Only facts that are known are there.
std::string ClustersText(const std::vector<ClusterView>& clusters);
std::string ClustersJson(const std::vector<ClusterView>& clusters);

// /listeners: lines of "name::address", and envoy.admin.v3.Listeners.
std::string ListenersText(const std::vector<ListenerView>& listeners);
std::string ListenersJson(const std::vector<ListenerView>& listeners);

}  // namespace sluice::admin
