// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/config/route.h"
#include "dataplane/router/regex.h"
#include "dataplane/router/route_list.h"

namespace sluice::router {

// A PathIndex finds the first route of one virtual host that matches a request. Exact paths are
// hashed; prefixes stand in a radix tree, regexes too, under the plain text they begin with. A
// virtual host of a few routes has no index: they are tried in turn.
//
// Each place that the path leads to holds a list of routes in table order, so the first route is
// the least of the lists' firsts; what comes after the best one so far is not tried.
//
// Thread:   immutable; any.
// Lifetime: refers to the virtual host and the pool it was made of.
// Errors:   Make names the route, the field and what is wrong.
class PathIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  static absl::StatusOr<std::unique_ptr<const PathIndex>> Make(const config::VirtualHost& host,
                                                               RegexPool& regexes);
  ~PathIndex();

  // The position of the route in its virtual host, or kNone.
  uint32_t Find(const Request& request) const;

  // Why the route at that position does not match; empty if it does.
  std::string Why(uint32_t position, const Request& request) const;

 private:
  struct Tables;

  PathIndex();

  std::vector<CompiledRoute> routes_;
  std::unique_ptr<const Tables> tables_;  // Null where routes are few.
};

// What a path prefix is compared by: the value, without the slash at the end of a segment prefix
// (/a/ as a PathPrefix is /a, Gateway API).
std::string_view ComparedPrefix(const config::PathMatch& match);

// Whether one route's path, taken alone, matches. `regex` is its own.
bool MatchPath(const config::PathMatch& match, const re2::RE2* regex, const Request& request);

}  // namespace sluice::router
