// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "dataplane/router/conditions.h"
#include "dataplane/router/request.h"

namespace re2 {
class RE2;
}

namespace sluice::router {

// One route of a virtual host, ready to be tried. The path is the index's business, but for a
// regex.
struct CompiledRoute {
  const config::Route* route = nullptr;
  const re2::RE2* path_regex = nullptr;          // Null unless the path is a regex.
  std::unique_ptr<const Conditions> conditions;  // Null for none.
};

using Routes = absl::Span<const CompiledRoute>;

// A RouteList is the routes of one virtual host that share a path. Where there are many, it hashes
// on the field that most of them want to equal something (a header, a query parameter, the method,
// a cookie), and again among those that are left.
//
// Thread:   immutable; any.
// Limits:   memory in proportion to its routes; nested at most kMaxDepth deep.
class RouteList {
 public:
  // `routes` are indexes into `all`, rising.
  RouteList(std::vector<uint32_t> routes, Routes all, int depth = 0);
  ~RouteList();
  RouteList(RouteList&&) noexcept;
  RouteList& operator=(RouteList&&) noexcept;

  // Lowers `best` to the first route whose conditions hold, if that comes before it.
  void FindFirst(const Request& request, Routes all, uint32_t& best) const;

 private:
  static constexpr size_t kLinear = 8;
  static constexpr int kMaxDepth = 8;

  struct Split {
    FieldRef field;
    absl::flat_hash_map<std::string_view, RouteList> by_value;  // Keys live in the config.
  };

  void MaybeSplit(Routes all, int depth);

  std::vector<uint32_t> routes_;  // Those that are not in `split_`.
  std::unique_ptr<const Split> split_;
};

// As RouteList, for routes whose path is a regex. Where there are many, one pass of a combined
// automaton finds those that match the path.
class RegexList {
 public:
  RegexList(std::vector<uint32_t> routes, Routes all);
  ~RegexList();
  RegexList(RegexList&&) noexcept;
  RegexList& operator=(RegexList&&) noexcept;

  void FindFirst(const Request& request, Routes all, uint32_t& best) const;

 private:
  static constexpr size_t kLinear = 8;
  struct Set;

  std::vector<uint32_t> routes_;
  std::unique_ptr<const Set> set_;  // Its numbers are positions in routes_.
};

}  // namespace sluice::router
