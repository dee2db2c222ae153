// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/path_index.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/router/prefix_tree.h"

namespace sluice::router {

using PathKind = config::PathMatch::Kind;

namespace {

// As many are tried in turn sooner than a table is looked up.
constexpr size_t kFewRoutes = 4;

bool EndsSegment(std::string_view path, size_t size) {
  return path.size() == size || path[size] == '/';
}

absl::Status AtRoute(const config::Route& route, size_t position, std::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat("route \"", route.name, "\" (routes[", position, "]): ", message));
}

}  // namespace

std::string_view ComparedPrefix(const config::PathMatch& match) {
  std::string_view value = match.value;
  if (match.kind == PathKind::kSegmentPrefix && !value.empty() && value.back() == '/') {
    value.remove_suffix(1);
  }
  return value;
}

bool MatchPath(const config::PathMatch& match, const re2::RE2* regex, const Request& request) {
  const std::string_view path = request.path();
  const std::string_view value = ComparedPrefix(match);
  const bool any_case = match.ignore_case;
  switch (match.kind) {
    case PathKind::kExact:
      return any_case ? absl::EqualsIgnoreCase(path, value) : path == value;
    case PathKind::kPrefix:
      return any_case ? absl::StartsWithIgnoreCase(path, value) : absl::StartsWith(path, value);
    case PathKind::kSegmentPrefix:
      return (any_case ? absl::StartsWithIgnoreCase(path, value) : absl::StartsWith(path, value)) &&
             EndsSegment(path, value.size());
    case PathKind::kRegex:
      return FullMatch(*regex, path);
    case PathKind::kAny:
      return true;
  }
  return false;
}

// Where paths lead. Routes whose path has no case stand in tables of their own, under lower-case
// keys.
struct PathIndex::Tables {
  // The routes at one node of the tree.
  struct Place {
    RouteList prefix;
    RouteList segment_prefix;
    RegexList regex;
  };
  struct Side {
    absl::flat_hash_map<std::string, RouteList> exact;
    PrefixTree tree;
    std::vector<Place> places;  // By slot of the tree.

    void Find(std::string_view path, const Request& request, Routes all, uint32_t& best) const;
  };
  Side as_sent;
  Side any_case;
  bool has_any_case = false;
};

void PathIndex::Tables::Side::Find(std::string_view path, const Request& request, Routes all,
                                   uint32_t& best) const {
  if (auto it = exact.find(path); it != exact.end()) it->second.FindFirst(request, all, best);
  absl::InlinedVector<std::pair<uint32_t, size_t>, 32> slots;
  tree.VisitPrefixes(path, [&](uint32_t slot, size_t size) { slots.emplace_back(slot, size); });
  // Longest first: tables mostly stand in that order, so that the others have less to try.
  for (auto it = slots.rbegin(); it != slots.rend(); ++it) {
    const Place& place = places[it->first];
    place.prefix.FindFirst(request, all, best);
    if (EndsSegment(path, it->second)) place.segment_prefix.FindFirst(request, all, best);
    place.regex.FindFirst(request, all, best);
  }
}

PathIndex::PathIndex() = default;
PathIndex::~PathIndex() = default;

absl::StatusOr<std::unique_ptr<const PathIndex>> PathIndex::Make(const config::VirtualHost& host,
                                                                 RegexPool& regexes) {
  auto index = std::unique_ptr<PathIndex>(new PathIndex());
  index->routes_.reserve(host.routes.size());
  for (size_t i = 0; i < host.routes.size(); ++i) {
    const config::Route& route = host.routes[i];
    CompiledRoute compiled{.route = &route};
    if (route.match.path.kind == PathKind::kRegex) {
      absl::StatusOr<const re2::RE2*> regex = regexes.Get(route.match.path.value);
      if (!regex.ok()) {
        return AtRoute(route, i, absl::StrCat("match.path: ", regex.status().message()));
      }
      compiled.path_regex = *regex;
    }
    absl::StatusOr<std::unique_ptr<const Conditions>> conditions =
        Conditions::Make(route.match, regexes);
    if (!conditions.ok()) {
      return AtRoute(route, i, absl::StrCat("match: ", conditions.status().message()));
    }
    compiled.conditions = *std::move(conditions);
    index->routes_.push_back(std::move(compiled));
  }
  if (index->routes_.size() <= kFewRoutes) return index;

  struct Slot {
    std::vector<uint32_t> prefix, segment_prefix, regex;
  };
  struct Draft {
    std::map<std::string, std::vector<uint32_t>> exact;
    std::vector<Slot> slots;
  };
  Draft drafts[2];
  auto tables = std::make_unique<Tables>();
  Tables::Side* sides[2] = {&tables->as_sent, &tables->any_case};
  for (uint32_t i = 0; i < index->routes_.size(); ++i) {
    const config::PathMatch& match = host.routes[i].match.path;
    const bool any_case =
        match.ignore_case && (match.kind == PathKind::kExact || match.kind == PathKind::kPrefix ||
                              match.kind == PathKind::kSegmentPrefix);
    tables->has_any_case |= any_case;
    Draft& draft = drafts[any_case];
    std::string key(match.kind == PathKind::kAny     ? ""
                    : match.kind == PathKind::kRegex ? LiteralPrefix(match.value)
                                                     : ComparedPrefix(match));
    if (any_case) absl::AsciiStrToLower(&key);
    if (match.kind == PathKind::kExact) {
      draft.exact[key].push_back(i);
      continue;
    }
    const uint32_t slot = sides[any_case]->tree.Insert(key);
    if (slot == draft.slots.size()) draft.slots.emplace_back();
    Slot& place = draft.slots[slot];
    (match.kind == PathKind::kRegex           ? place.regex
     : match.kind == PathKind::kSegmentPrefix ? place.segment_prefix
                                              : place.prefix)
        .push_back(i);
  }
  const Routes all = index->routes_;
  for (int side = 0; side < 2; ++side) {
    sides[side]->exact.reserve(drafts[side].exact.size());
    for (auto& [key, routes] : drafts[side].exact) {
      sides[side]->exact.emplace(key, RouteList(std::move(routes), all));
    }
    sides[side]->places.reserve(drafts[side].slots.size());
    for (Slot& slot : drafts[side].slots) {
      sides[side]->places.push_back({RouteList(std::move(slot.prefix), all),
                                     RouteList(std::move(slot.segment_prefix), all),
                                     RegexList(std::move(slot.regex), all)});
    }
  }
  index->tables_ = std::move(tables);
  return index;
}

uint32_t PathIndex::Find(const Request& request) const {
  if (tables_ == nullptr) {
    for (uint32_t i = 0; i < routes_.size(); ++i) {
      const CompiledRoute& route = routes_[i];
      if (MatchPath(route.route->match.path, route.path_regex, request) &&
          (route.conditions == nullptr || route.conditions->Match(request))) {
        return i;
      }
    }
    return kNone;
  }
  uint32_t best = kNone;
  tables_->as_sent.Find(request.path(), request, routes_, best);
  if (tables_->has_any_case) {
    tables_->any_case.Find(request.lower_path(), request, routes_, best);
  }
  return best;
}

std::string PathIndex::Why(uint32_t position, const Request& request) const {
  const CompiledRoute& route = routes_[position];
  const config::PathMatch& match = route.route->match.path;
  if (MatchPath(match, route.path_regex, request)) {
    return route.conditions == nullptr ? "" : route.conditions->Why(request);
  }
  static constexpr std::string_view kVerbs[] = {" is not ", " does not start with ",
                                                " is not, and is not under, ", " does not match "};
  return absl::StrCat("path ", request.path(), kVerbs[static_cast<size_t>(match.kind)], match.value,
                      match.ignore_case && match.kind != PathKind::kRegex ? " (any case)" : "");
}

}  // namespace sluice::router
