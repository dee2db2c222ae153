// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/arena.h"
#include "dataplane/config/listener.h"
#include "dataplane/exchange/header_edits.h"
#include "dataplane/filters/chain/filter.h"
#include "dataplane/router/router.h"

namespace sluice::exchange {

// A RoutePlan is what an exchange needs of one route, worked out once: the filters that have
// something to do there, with their most specific configuration, and the header edits in the order
// in which they apply.
//
// Thread:   built and used by one worker.
// Lifetime: refers to the HttpConnection and route it was made of.
class RoutePlan {
 public:
  struct Step {
    const filters::FilterType* type;
    const config::FilterConfig* chain_config;
    const config::FilterConfig* route_config;  // Null if nothing overrides the chain's.
  };

  // `choice.route` may be null: the filters still run, before the 404. `weighted` is the cluster of
  // the route that the plan is for, where it overrides filters; null: for all that do not.
  RoutePlan(const config::HttpConnection& http, const router::RouteChoice& choice,
            const config::WeightedCluster* weighted = nullptr);

  const std::vector<Step>& steps() const { return steps_; }

  // Applies the edits of the weighted cluster chosen (null for none), route, virtual host and
  // table.
  void EditRequest(const config::WeightedCluster* cluster, const telemetry::LogEntry& entry,
                   http::HeaderMap& headers, base::Arena& arena) const;
  void EditResponse(const config::WeightedCluster* cluster, const telemetry::LogEntry& entry,
                    http::HeaderMap& headers, base::Arena& arena) const;

 private:
  struct Edits {
    std::optional<HeaderEditor> request;
    std::optional<HeaderEditor> response;
  };
  static Edits Compile(const config::HeaderEdits& request, const config::HeaderEdits& response);

  void ApplyLevels(std::optional<HeaderEditor> Edits::* side,
                   const config::WeightedCluster* cluster, const telemetry::LogEntry& entry,
                   http::HeaderMap& headers, base::Arena& arena) const;

  std::vector<Step> steps_;
  bool specific_last_ = false;
  std::vector<Edits> levels_;  // Route, virtual host, table.
  absl::flat_hash_map<const config::WeightedCluster*, Edits> by_cluster_;
};

}  // namespace sluice::exchange
