// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/route_list.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "dataplane/router/regex.h"

namespace sluice::router {
namespace {

bool Holds(const CompiledRoute& route, const Request& request) {
  return route.conditions == nullptr || route.conditions->Match(request);
}

}  // namespace

RouteList::RouteList(std::vector<uint32_t> routes, Routes all, int depth)
    : routes_(std::move(routes)) {
  if (routes_.size() > kLinear && depth < kMaxDepth) MaybeSplit(all, depth);
  routes_.shrink_to_fit();
}

RouteList::~RouteList() = default;
RouteList::RouteList(RouteList&&) noexcept = default;
RouteList& RouteList::operator=(RouteList&&) noexcept = default;

void RouteList::MaybeSplit(Routes all, int depth) {
  // Field by field: how many routes name it, and how many texts they want.
  struct Use {
    size_t routes = 0;
    absl::flat_hash_map<std::string_view, std::vector<uint32_t>> by_value;
  };
  absl::flat_hash_map<FieldRef, Use> uses;
  for (uint32_t index : routes_) {
    if (all[index].conditions == nullptr) continue;
    std::vector<FieldRef> seen;  // One that is named twice counts by its first text.
    for (const auto& [field, value] : all[index].conditions->Equalities()) {
      if (std::find(seen.begin(), seen.end(), field) != seen.end()) continue;
      seen.push_back(field);
      Use& use = uses[field];
      ++use.routes;
      use.by_value[value].push_back(index);
    }
  }
  // The one that leaves the fewest to try: those without it and its largest share.
  const FieldRef* best = nullptr;
  size_t best_left = routes_.size();
  for (const auto& [field, use] : uses) {
    size_t largest = 0;
    for (const auto& [value, indexes] : use.by_value) largest = std::max(largest, indexes.size());
    const size_t left = routes_.size() - use.routes + largest;
    if (left < best_left) {
      best = &field;
      best_left = left;
    }
  }
  if (best == nullptr) return;

  auto split = std::make_unique<Split>();
  split->field = *best;
  std::vector<bool> placed(all.size());
  for (auto& [value, indexes] : uses[*best].by_value) {
    for (uint32_t index : indexes) placed[index] = true;
    split->by_value.emplace(value, RouteList(std::move(indexes), all, depth + 1));
  }
  std::erase_if(routes_, [&](uint32_t index) { return placed[index]; });
  split_ = std::move(split);
}

void RouteList::FindFirst(const Request& request, Routes all, uint32_t& best) const {
  if (split_ != nullptr) {
    if (const std::optional<std::string_view> text = request.Get(split_->field)) {
      auto it = split_->by_value.find(*text);
      if (it != split_->by_value.end()) it->second.FindFirst(request, all, best);
    }
  }
  for (uint32_t index : routes_) {
    if (index >= best) return;
    if (Holds(all[index], request)) {
      best = index;
      return;
    }
  }
}

struct RegexList::Set {
  explicit Set(const re2::RE2::Options& options) : set(options, re2::RE2::ANCHOR_BOTH) {}
  re2::RE2::Set set;
};

RegexList::RegexList(std::vector<uint32_t> routes, Routes all) : routes_(std::move(routes)) {
  if (routes_.size() <= kLinear) return;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(64 << 20);
  auto set = std::make_unique<Set>(options);
  for (uint32_t index : routes_) {
    if (set->set.Add(all[index].path_regex->pattern(), nullptr) < 0) return;
  }
  // Too large for one automaton: they are tried one by one.
  if (set->set.Compile()) set_ = std::move(set);
}

RegexList::~RegexList() = default;
RegexList::RegexList(RegexList&&) noexcept = default;
RegexList& RegexList::operator=(RegexList&&) noexcept = default;

void RegexList::FindFirst(const Request& request, Routes all, uint32_t& best) const {
  if (routes_.empty() || routes_.front() >= best) return;
  if (set_ != nullptr) {
    std::vector<int>& matches = Request::Matches();
    re2::RE2::Set::ErrorInfo error;
    const std::string_view path = request.path();
    if (set_->set.Match({path.data(), path.size()}, &matches, &error)) {
      for (int match : matches) {
        const uint32_t index = routes_[static_cast<size_t>(match)];
        if (index < best && Holds(all[index], request)) best = index;
      }
      return;
    }
    if (error.kind == re2::RE2::Set::kNoError) return;
  }
  for (uint32_t index : routes_) {
    if (index >= best) return;
    if (FullMatch(*all[index].path_regex, request.path()) && Holds(all[index], request)) {
      best = index;
      return;
    }
  }
}

}  // namespace sluice::router
