// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/explain/explanation.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/arena.h"
#include "dataplane/config/route.h"
#include "dataplane/http/header_map.h"
#include "dataplane/http/path.h"
#include "dataplane/http/syntax.h"

namespace sluice::sluicectl {
namespace {

// How well a chain's server names fit: 0 not at all, 1 it names none, else more for a longer name;
// exact before wildcard, as a proxy chooses.
size_t ServerNameRank(const config::FilterChainMatch& match, std::string_view host) {
  if (match.server_names.empty()) return 1;
  size_t best = 0;
  for (const std::string& name : match.server_names) {
    if (name == host) best = std::max(best, name.size() * 2 + 3);
    if (name.starts_with("*.") && host.ends_with(name.substr(1)) && host.size() > name.size() - 1) {
      best = std::max(best, name.size() * 2 + 2);
    }
  }
  return best;
}

const config::FilterChain* ChooseChain(const config::Listener& listener,
                                       const RequestText& request) {
  const config::FilterChain* best = nullptr;
  size_t best_rank = 0;
  for (const config::FilterChain& chain : listener.filter_chains) {
    if ((chain.tls != nullptr) != request.is_tls) continue;
    const size_t rank = ServerNameRank(chain.match, request.is_tls ? request.host : "");
    if (rank > best_rank) {
      best = &chain;
      best_rank = rank;
    }
  }
  if (best != nullptr || !listener.default_filter_chain.has_value()) return best;
  return (listener.default_filter_chain->tls != nullptr) == request.is_tls
             ? &*listener.default_filter_chain
             : nullptr;
}

const config::Listener* FindListener(const CompiledGateway& compiled, uint16_t port) {
  for (const config::Listener& listener : compiled.listeners) {
    for (const config::Listener::Address& address : listener.addresses) {
      if (address.port == port) return &listener;
    }
  }
  return nullptr;
}

std::string_view NameOf(config::LbPolicy policy) {
  switch (policy) {
    case config::LbPolicy::kRoundRobin:
      return "round robin";
    case config::LbPolicy::kLeastRequest:
      return "least request";
    case config::LbPolicy::kRandom:
      return "random";
  }
  return "?";
}

std::string_view NameOf(config::Health health) {
  switch (health) {
    case config::Health::kHealthy:
      return "healthy";
    case config::Health::kDegraded:
      return "degraded";
    case config::Health::kUnhealthy:
      return "unhealthy";
    case config::Health::kDraining:
      return "draining";
  }
  return "?";
}

// One request on its way through one Gateway.
class Tracer {
 public:
  Tracer(const CompiledGateway& compiled, const RequestText& request, Explanation& out)
      : compiled_(compiled), request_(request), out_(out) {}

  void Trace(const config::HttpConnection& http, size_t limit) {
    const router::Router* router = compiled_.FindRouter(http);
    if (router == nullptr) {
      out_.refusal = absl::StrCat("its routes, ", http.route_table_name, ", are not there: 404");
      return;
    }
    const http::NormalizedPath path = http::NormalizePath(request_.path, http.path, arena_);
    if (path.outcome != http::NormalizedPath::Outcome::kOk) {
      out_.refusal = absl::StrCat("the path is refused (", path.detail, "): 400");
      return;
    }
    const router::RouteQuery query{.method = request_.method,
                                   .scheme = request_.is_tls ? "https" : "http",
                                   .authority = Authority(http),
                                   .path = path.path,
                                   .headers = &Headers()};
    std::vector<router::Candidate> candidates;
    const router::RouteChoice choice = router->Explain(query, limit, candidates);
    for (const router::Candidate& candidate : candidates) {
      out_.candidates.push_back(
          {candidate.virtual_host == nullptr ? "" : candidate.virtual_host->name,
           candidate.route == nullptr ? "" : candidate.route->name, candidate.won,
           candidate.reason});
    }
    for (const config::HttpFilter& filter : http.filters) {
      out_.filters.push_back(absl::StrCat(filter.name, filter.disabled ? " (off)" : ""));
    }
    if (choice.virtual_host != nullptr) out_.virtual_host = choice.virtual_host->name;
    if (choice.route == nullptr) return;
    out_.is_found = true;
    out_.route = choice.route->name;
    TellPath(*router, choice, path.path);
    std::visit([this](const auto& action) { Tell(action); }, choice.route->action);
  }

 private:
  std::string_view Authority(const config::HttpConnection& http) const {
    std::string_view authority = request_.authority;
    const http::HostPort parts = http::SplitAuthority(authority);
    uint64_t port = 0;
    if (http.strip_any_host_port ||
        (http.strip_host_port.has_value() && http::ParseDecimal(parts.port, port) &&
         port == *http.strip_host_port)) {
      authority = parts.host;
    }
    if (http.strip_trailing_host_dot && authority.size() > 1) {
      absl::ConsumeSuffix(&authority, ".");
    }
    return authority;
  }

  const http::HeaderMap& Headers() {
    for (const auto& [name, value] : request_.headers) headers_.Add(name, value);
    return headers_;
  }

  void TellPath(const router::Router& router, const router::RouteChoice& choice,
                std::string_view path) {
    out_.path = std::string(path);
    std::string rewritten;
    if (router.RewritePath(*choice.route, choice, path, rewritten)) out_.path = rewritten;
  }

  void Tell(const config::Forward& forward) {
    out_.action = "forward";
    out_.host = forward.host_rewrite;
    out_.timeout_ms = forward.timeout_ms;
    out_.retries = forward.retry.on == 0 ? 0 : forward.retry.max_retries;
    uint64_t total = 0;
    for (const config::WeightedCluster& cluster : forward.clusters) total += cluster.weight;
    for (const config::WeightedCluster& cluster : forward.clusters) {
      const double share = total == 0 ? 0 : 100.0 * cluster.weight / static_cast<double>(total);
      out_.clusters.push_back(TellCluster(cluster.cluster, share));
    }
    if (!forward.cluster_header.empty()) {
      out_.action = absl::StrCat("forward to what the header ", forward.cluster_header, " names");
    }
    for (const config::MirrorPolicy& mirror : forward.mirrors) {
      out_.mirrors.push_back(mirror.cluster);
    }
  }

  void Tell(const config::Redirect& redirect) {
    out_.action = absl::StrCat("redirect with ", redirect.status);
    if (!redirect.scheme.empty()) absl::StrAppend(&out_.action, ", scheme ", redirect.scheme);
    if (!redirect.host.empty()) absl::StrAppend(&out_.action, ", host ", redirect.host);
    if (redirect.port != 0) absl::StrAppend(&out_.action, ", port ", redirect.port);
    if (redirect.path.has_value()) out_.path = *redirect.path;
  }

  void Tell(const config::DirectResponse& answer) {
    out_.action = absl::StrCat("answer ", answer.status);
  }

  ExplainedCluster TellCluster(const std::string& name, double percent) const {
    ExplainedCluster told;
    told.name = name;
    told.percent = percent;
    const auto cluster = compiled_.clusters.find(name);
    if (cluster == compiled_.clusters.end()) {
      told.note = "is not there: 503";
      return told;
    }
    told.load_balancing = std::string(NameOf(cluster->second.lb_policy));
    if (cluster->second.discovery == config::Cluster::Discovery::kStrictDns ||
        cluster->second.discovery == config::Cluster::Discovery::kLogicalDns) {
      told.note = "is resolved by the proxy";
    }
    const config::EndpointSet* endpoints = compiled_.FindEndpoints(name);
    if (endpoints == nullptr || endpoints->endpoints.empty()) {
      told.note = "has no endpoint: 503";
      return told;
    }
    for (const config::Endpoint& endpoint : endpoints->endpoints) {
      told.endpoints.push_back({absl::StrCat(endpoint.address, ":", endpoint.port),
                                std::string(NameOf(endpoint.health))});
    }
    return told;
  }

  const CompiledGateway& compiled_;
  const RequestText& request_;
  Explanation& out_;
  base::Arena arena_;
  http::HeaderMap headers_;
};

}  // namespace

std::optional<Explanation> ExplainRequest(const std::string& gateway,
                                          const CompiledGateway& compiled,
                                          const RequestText& request, size_t limit) {
  const config::Listener* listener = FindListener(compiled, request.port);
  if (listener == nullptr) return std::nullopt;
  Explanation out;
  out.gateway = gateway;
  out.listener = listener->name;
  const config::FilterChain* chain = ChooseChain(*listener, request);
  if (chain == nullptr) {
    out.refusal = request.is_tls ? absl::StrCat("no TLS listener takes the name ", request.host)
                                 : "the port speaks TLS only";
    return out;
  }
  out.filter_chain = chain->name;
  Tracer(compiled, request, out).Trace(*chain->http, limit);
  return out;
}

}  // namespace sluice::sluicectl
