// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/config/route.h"
#include "dataplane/http/header_map.h"

namespace sluice::router {

// What of a request decides its route.
struct RouteQuery {
  std::string_view method;
  std::string_view scheme;
  std::string_view authority;  // Lower case; port and dot already stripped by the settings.
  std::string_view path;       // With query; already normalized.
  const http::HeaderMap* headers = nullptr;
  uint64_t random = 0;  // Decides runtime fractions; the same for all of one request.
};

// Where a request goes. Pointers live as long as the Router.
struct RouteChoice {
  const config::VirtualHost* virtual_host = nullptr;  // Null: no host matched.
  const config::Route* route = nullptr;               // Null: no route of it matched.
  size_t matched_prefix_bytes = 0;  // Of the path, for prefix rewrites; whole path for exact.
};

// Why one candidate lost, or that it won: what `explain` prints.
struct Candidate {
  const config::VirtualHost* virtual_host = nullptr;
  const config::Route* route = nullptr;
  bool won = false;
  std::string
      reason;  // "path /shop does not start with /cart", "header x-env is \"a\", wants \"b\"".
};

// A Router is one RouteTable, indexed: host, then path (hash for exact, radix tree for prefixes),
// then the few candidates whose headers, query or regex must be looked at. First match in table
// order wins, as xDS says; the index only skips what cannot match, so that the cost of a look-up
// does not grow with the number of routes.
//
// Thread:   immutable; any.
// Lifetime: shared by the snapshots that hold it.
// Errors:   Build names virtual host, route and field of what it refuses (duplicate domain, bad
//           regex, weights that sum to zero).
// Limits:   regexes are RE2 with a bounded program size.
class Router {
 public:
  static absl::StatusOr<std::shared_ptr<const Router>> Build(config::RouteTable table);
  ~Router();

  // Allocates nothing.
  RouteChoice Find(const RouteQuery& query) const;

  // As Find, and also every route of the chosen virtual host (and, when none matched, every host)
  // with why it lost. `limit` bounds the list; the winner is always in it.
  RouteChoice Explain(const RouteQuery& query, size_t limit,
                      std::vector<Candidate>& candidates) const;

  // The rewritten path for a Forward or Redirect, query kept; `out` gets it unless nothing changes,
  // in which case false is returned. Regex rewrites run here.
  bool RewritePath(const config::Route& route, const RouteChoice& choice, std::string_view path,
                   std::string& out) const;

  const config::RouteTable& table() const;

 private:
  Router();
  struct Index;
  std::unique_ptr<Index> index_;
};

}  // namespace sluice::router
