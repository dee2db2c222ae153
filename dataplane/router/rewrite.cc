// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/rewrite.h"

#include <re2/re2.h>

#include <optional>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::router {
namespace {

struct Plan {
  const std::string* prefix = nullptr;
  const config::RegexRewrite* regex = nullptr;
};

template <typename Action>
Plan PlanOf(const Action& action) {
  Plan plan;
  if (action.prefix_rewrite.has_value()) plan.prefix = &*action.prefix_rewrite;
  if (action.regex_rewrite.has_value()) plan.regex = &*action.regex_rewrite;
  return plan;
}

Plan RoutePlanOf(const config::Route& route) {
  if (const auto* forward = std::get_if<config::Forward>(&route.action)) return PlanOf(*forward);
  if (const auto* redirect = std::get_if<config::Redirect>(&route.action)) return PlanOf(*redirect);
  return {};
}

// What may stand in a request target beside its query: no control, space, '#' or byte above ASCII.
bool IsPathText(std::string_view text) {
  for (unsigned char c : text) {
    if (c <= 0x20 || c >= 0x7f || c == '#') return false;
  }
  return true;
}

}  // namespace

absl::Status Rewrites::Add(const config::Route& route, RegexPool& regexes) {
  const Plan plan = RoutePlanOf(route);
  if (plan.prefix != nullptr && !IsPathText(*plan.prefix)) {
    return absl::InvalidArgumentError(absl::StrCat("prefix_rewrite \"", *plan.prefix,
                                                   "\" has a character that no path may hold"));
  }
  if (plan.regex == nullptr) return absl::OkStatus();
  absl::StatusOr<const re2::RE2*> regex = regexes.Get(plan.regex->pattern);
  if (!regex.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("regex_rewrite.pattern: ", regex.status().message()));
  }
  std::string error;
  const std::string& substitution = plan.regex->substitution;
  if (!IsPathText(substitution)) {
    error = "has a character that no path may hold";
  } else if (!(*regex)->CheckRewriteString(substitution, &error)) {
    error = absl::StrCat("does not fit the pattern: ", error);
  }
  if (!error.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("regex_rewrite.substitution \"", substitution, "\" ", error));
  }
  regexes_[&route] = *regex;
  return absl::OkStatus();
}

bool Rewrites::Apply(const config::Route& route, size_t matched, std::string_view path,
                     std::string_view query, std::string& out) const {
  const Plan plan = RoutePlanOf(route);
  std::string rewritten;
  if (plan.prefix != nullptr) {
    std::string_view rest = path.substr(std::min(matched, path.size()));
    if (absl::EndsWith(*plan.prefix, "/") && absl::StartsWith(rest, "/")) rest.remove_prefix(1);
    rewritten = absl::StrCat(*plan.prefix, rest);
  } else if (plan.regex != nullptr) {
    auto it = regexes_.find(&route);
    if (it == regexes_.end()) return false;
    rewritten = ReplaceAll(*it->second, path, plan.regex->substitution);
  } else {
    return false;
  }
  if (!absl::StartsWith(rewritten, "/")) rewritten.insert(0, 1, '/');
  if (rewritten == path) return false;
  out = absl::StrCat(rewritten, query);
  return true;
}

}  // namespace sluice::router
