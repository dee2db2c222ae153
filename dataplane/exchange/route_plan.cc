// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/route_plan.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace sluice::exchange {
namespace {

const config::FilterOverride* FindOverride(const std::vector<config::FilterOverride>& overrides,
                                           const std::string& name) {
  for (const config::FilterOverride& override : overrides) {
    if (override.filter_name == name) return &override;
  }
  return nullptr;
}

}  // namespace

RoutePlan::RoutePlan(const config::HttpConnection& http, const router::RouteChoice& choice,
                     const config::WeightedCluster* weighted) {
  std::vector<const std::vector<config::FilterOverride>*> scopes;  // Most specific first.
  if (weighted != nullptr) scopes.push_back(&weighted->overrides);
  if (choice.route != nullptr) scopes.push_back(&choice.route->overrides);
  if (choice.virtual_host != nullptr) scopes.push_back(&choice.virtual_host->overrides);
  if (http.router != nullptr) scopes.push_back(&http.router->table().overrides);

  for (const config::HttpFilter& filter : http.filters) {
    const filters::FilterType* type = filters::FindFilterType(filter.type);
    if (type == nullptr) continue;  // Compile refused what is unknown; this one was optional.
    bool disabled = filter.disabled;
    const config::FilterConfig* route_config = nullptr;
    for (const auto* scope : scopes) {
      if (const config::FilterOverride* override = FindOverride(*scope, filter.name)) {
        disabled = override->disabled;
        route_config = override->config.get();
        break;
      }
    }
    if (disabled) continue;
    steps_.push_back({type, filter.config.get(), route_config});
  }
  // Phases are ours to order, not the configuration's.
  std::stable_sort(steps_.begin(), steps_.end(),
                   [](const Step& a, const Step& b) { return a.type->phase < b.type->phase; });

  specific_last_ = http.router != nullptr && http.router->table().most_specific_edits_win;
  const auto add = [this](const auto& scope) {
    if (scope.request_edits.empty() && scope.response_edits.empty()) return;
    levels_.push_back(Compile(scope.request_edits, scope.response_edits));
  };
  if (choice.route != nullptr) {
    add(*choice.route);
    if (const auto* forward = std::get_if<config::Forward>(&choice.route->action)) {
      for (const config::WeightedCluster& cluster : forward->clusters) {
        if (weighted != nullptr && weighted != &cluster) continue;
        if (cluster.request_edits.empty() && cluster.response_edits.empty()) continue;
        by_cluster_[&cluster] = Compile(cluster.request_edits, cluster.response_edits);
      }
    }
  }
  if (choice.virtual_host != nullptr) add(*choice.virtual_host);
  if (http.router != nullptr) add(http.router->table());
  if (specific_last_) std::reverse(levels_.begin(), levels_.end());
}

RoutePlan::Edits RoutePlan::Compile(const config::HeaderEdits& request,
                                    const config::HeaderEdits& response) {
  // Formats were checked when the route was compiled; one that fails here edits nothing.
  Edits edits;
  if (!request.empty()) {
    if (auto editor = HeaderEditor::Make(request); editor.ok()) edits.request = *std::move(editor);
  }
  if (!response.empty()) {
    if (auto editor = HeaderEditor::Make(response); editor.ok())
      edits.response = *std::move(editor);
  }
  return edits;
}

void RoutePlan::EditRequest(const config::WeightedCluster* cluster,
                            const telemetry::LogEntry& entry, http::HeaderMap& headers,
                            base::Arena& arena) const {
  ApplyLevels(&Edits::request, cluster, entry, headers, arena);
}

void RoutePlan::EditResponse(const config::WeightedCluster* cluster,
                             const telemetry::LogEntry& entry, http::HeaderMap& headers,
                             base::Arena& arena) const {
  ApplyLevels(&Edits::response, cluster, entry, headers, arena);
}

void RoutePlan::ApplyLevels(std::optional<HeaderEditor> Edits::* side,
                            const config::WeightedCluster* cluster,
                            const telemetry::LogEntry& entry, http::HeaderMap& headers,
                            base::Arena& arena) const {
  const Edits* of_cluster = nullptr;
  if (cluster != nullptr && !by_cluster_.empty()) {
    if (auto it = by_cluster_.find(cluster); it != by_cluster_.end()) of_cluster = &it->second;
  }
  const auto apply = [&](const Edits* edits) {
    if (edits != nullptr && (edits->*side).has_value())
      (edits->*side)->Apply(entry, headers, arena);
  };
  if (!specific_last_) apply(of_cluster);
  for (const Edits& level : levels_) apply(&level);
  if (specific_last_) apply(of_cluster);
}

}  // namespace sluice::exchange
