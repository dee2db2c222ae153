// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "dataplane/config/route.h"
#include "dataplane/router/regex.h"

namespace sluice::router {

// The path rewrites of a route table.
//
// A prefix rewrite joins what it puts in and what is left with one slash where Envoy would leave
// two, and never makes a path that does not begin with one: /foo rewritten to nothing is /
// (Gateway API, ReplacePrefixMatch).
//
// Thread:   filled by one, then read by any.
// Lifetime: refers to the routes and the pool.
// Errors:   Add refuses a bad regex, a substitution without its group, and text that no path may
//           hold.
class Rewrites {
 public:
  absl::Status Add(const config::Route& route, RegexPool& regexes);

  // Writes the new path, `query` (with its '?') behind it, to `out`, or returns false if nothing
  // changes. `matched` is how much of the path the route matched.
  bool Apply(const config::Route& route, size_t matched, std::string_view path,
             std::string_view query, std::string& out) const;

 private:
  absl::flat_hash_map<const config::Route*, const re2::RE2*> regexes_;
};

}  // namespace sluice::router
