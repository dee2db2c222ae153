// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/router.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/router/host_index.h"
#include "dataplane/router/path_index.h"
#include "dataplane/router/regex.h"
#include "dataplane/router/request.h"
#include "dataplane/router/rewrite.h"

namespace sluice::router {

using PathKind = config::PathMatch::Kind;

struct Router::Index {
  config::RouteTable table;  // Never touched again: everything below refers to it.
  RegexPool regexes;
  std::optional<HostIndex> hosts;
  std::vector<std::unique_ptr<const PathIndex>> paths;  // By virtual host.
  Rewrites rewrites;

  RouteChoice Choose(const Request& request, uint32_t host, uint32_t route) const;
};

namespace {

absl::Status CheckAction(const config::Route& route) {
  const auto* forward = std::get_if<config::Forward>(&route.action);
  if (forward == nullptr) return absl::OkStatus();
  if (!forward->cluster_header.empty()) {
    if (forward->clusters.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("has both clusters and cluster_header, wants one of them");
  }
  if (forward->clusters.empty()) return absl::InvalidArgumentError("forwards to no cluster");
  uint64_t sum = 0;
  for (const config::WeightedCluster& cluster : forward->clusters) sum += cluster.weight;
  if (sum == 0) return absl::InvalidArgumentError("weights of its clusters sum to 0");
  if (sum > UINT32_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights of its clusters sum to ", sum, ", over the limit of ", UINT32_MAX));
  }
  return absl::OkStatus();
}

size_t MatchedBytes(const config::PathMatch& match, const Request& request) {
  switch (match.kind) {
    case PathKind::kPrefix:
    case PathKind::kSegmentPrefix:
      return ComparedPrefix(match).size();
    case PathKind::kAny:
      return 0;
    case PathKind::kExact:
    case PathKind::kRegex:
      return request.path().size();
  }
  return 0;
}

}  // namespace

Router::Router() : index_(std::make_unique<Index>()) {}
Router::~Router() = default;

const config::RouteTable& Router::table() const { return index_->table; }

absl::StatusOr<std::shared_ptr<const Router>> Router::Build(config::RouteTable table) {
  auto router = std::shared_ptr<Router>(new Router());
  Index& index = *router->index_;
  index.table = std::move(table);
  SLUICE_ASSIGN_OR_RETURN(HostIndex hosts, HostIndex::Make(index.table));
  index.hosts.emplace(std::move(hosts));
  index.paths.reserve(index.table.virtual_hosts.size());
  for (const config::VirtualHost& host : index.table.virtual_hosts) {
    const auto at_host = [&](std::string_view message) {
      return absl::InvalidArgumentError(
          absl::StrCat("virtual host \"", host.name, "\": ", message));
    };
    absl::StatusOr<std::unique_ptr<const PathIndex>> paths = PathIndex::Make(host, index.regexes);
    if (!paths.ok()) return at_host(paths.status().message());
    index.paths.push_back(*std::move(paths));
    for (size_t i = 0; i < host.routes.size(); ++i) {
      absl::Status status = CheckAction(host.routes[i]);
      if (status.ok()) status = index.rewrites.Add(host.routes[i], index.regexes);
      if (!status.ok()) {
        return at_host(absl::StrCat("route \"", host.routes[i].name, "\" (routes[", i,
                                    "]): ", status.message()));
      }
    }
  }
  return std::shared_ptr<const Router>(std::move(router));
}

RouteChoice Router::Index::Choose(const Request& request, uint32_t host, uint32_t route) const {
  RouteChoice choice;
  choice.virtual_host = &table.virtual_hosts[host];
  if (route == PathIndex::kNone) return choice;
  choice.route = &choice.virtual_host->routes[route];
  choice.matched_prefix_bytes = MatchedBytes(choice.route->match.path, request);
  return choice;
}

RouteChoice Router::Find(const RouteQuery& query) const {
  const uint32_t host = index_->hosts->Find(query.authority);
  if (host == HostIndex::kNone) return {};
  const Request request(query);
  return index_->Choose(request, host, index_->paths[host]->Find(request));
}

RouteChoice Router::Explain(const RouteQuery& query, size_t limit,
                            std::vector<Candidate>& candidates) const {
  candidates.clear();
  const uint32_t host = index_->hosts->Find(query.authority);
  if (host == HostIndex::kNone) {
    for (const config::VirtualHost& other : index_->table.virtual_hosts) {
      if (candidates.size() >= limit) break;
      std::string domains;
      for (const std::string& domain : other.domains) {
        absl::StrAppend(&domains, domains.empty() ? "" : ", ", domain);
      }
      candidates.push_back({&other, nullptr, false,
                            absl::StrCat("host ", query.authority, " is none of ", domains)});
    }
    return {};
  }
  const Request request(query);
  const PathIndex& paths = *index_->paths[host];
  const uint32_t winner = paths.Find(request);
  const config::VirtualHost& chosen = index_->table.virtual_hosts[host];
  for (uint32_t i = 0; i < chosen.routes.size(); ++i) {
    // The last place is kept for the winner.
    const bool winner_to_come = winner != PathIndex::kNone && i < winner;
    if (i != winner && candidates.size() + (winner_to_come ? 1 : 0) >= limit) continue;
    std::string reason = i == winner ? "the first route that matches" : paths.Why(i, request);
    if (reason.empty()) reason = "matches too, but stands behind the winner";
    candidates.push_back({&chosen, &chosen.routes[i], i == winner, std::move(reason)});
  }
  return index_->Choose(request, host, winner);
}

bool Router::RewritePath(const config::Route& route, const RouteChoice& choice,
                         std::string_view path, std::string& out) const {
  const size_t question = path.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : path.substr(question);
  return index_->rewrites.Apply(route, choice.matched_prefix_bytes, path.substr(0, question), query,
                                out);
}

}  // namespace sluice::router
