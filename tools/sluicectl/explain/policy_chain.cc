// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/explain/policy_chain.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "controlplane/resolve/effective.h"
#include "controlplane/translate/filter_names.h"

namespace sluice::sluicectl {
namespace {

using resolve::PolicyWord;

// A filter that the control plane lists, and what it acts on.
struct KnownFilter {
  std::string_view name;
  std::string_view phase;
  std::optional<PolicyWord::Part> part;
};
constexpr KnownFilter kKnown[] = {
    {"envoy.filters.http.cors", "connection", std::nullopt},
    {translate::kIdentifyFilter, "identify", PolicyWord::Part::kIdentify},
    {translate::kDenyFilter, "authorize", PolicyWord::Part::kAuthorize},
    {translate::kAllowFilter, "authorize", PolicyWord::Part::kAuthorize},
    {translate::kLimitFilter, "limit", PolicyWord::Part::kRateLimit},
};

const KnownFilter* FindKnown(std::string_view name) {
  const auto* const it =
      std::find_if(std::begin(kKnown), std::end(kKnown),
                   [name](const KnownFilter& known) { return known.name == name; });
  return it == std::end(kKnown) ? nullptr : it;
}

// "HTTPRoute shop/cart, rule pay"; of a Gateway, the listener.
std::string PlaceText(const resolve::PolicyPlace& place) {
  std::string text = place.target.ToString();
  if (place.section.empty()) return text;
  return absl::StrCat(text, place.target.kind == "Gateway" ? ", listener " : ", rule ",
                      place.section);
}

resolve::ServedRoute ServedOf(const Explanation& told, uint16_t port) {
  resolve::ServedRoute served{.port = port, .virtual_host = told.virtual_host, .route = told.route};
  const size_t slash = told.gateway.find('/');
  served.gateway = {"Gateway", told.gateway.substr(0, slash),
                    slash == std::string::npos ? "" : told.gateway.substr(slash + 1)};
  // Chains with TLS are named "https/PORT/LISTENER".
  std::string_view chain = told.filter_chain;
  if (absl::ConsumePrefix(&chain, absl::StrCat("https/", port, "/"))) served.listener = chain;
  return served;
}

void Tell(const std::vector<PolicyWord>& words, PolicyWord::Part part, ExplainedFilter& out) {
  for (const PolicyWord& word : words) {
    if (word.part != part) continue;
    if (word.wins) {
      out.policy = word.policy.ToString();
      out.from = PlaceText(word.place);
      out.mode = word.shadow ? "Shadow" : "Enforce";
    } else {
      out.overrides.push_back(absl::StrCat(word.policy.ToString(), " of ", PlaceText(word.place)));
    }
  }
}

}  // namespace

std::vector<ExplainedFilter> ExplainChain(const store::ObjectSet& objects, const Explanation& told,
                                          uint16_t port) {
  const std::vector<PolicyWord> words =
      resolve::FindPolicyWords(objects, resolve::FindPlaces(objects, ServedOf(told, port)));
  std::vector<ExplainedFilter> out;
  for (const std::string& name : told.filters) {
    ExplainedFilter& filter = out.emplace_back();
    filter.filter = name;
    const KnownFilter* known = FindKnown(name);
    if (known == nullptr) continue;
    filter.phase = known->phase;
    if (known->part.has_value()) Tell(words, *known->part, filter);
  }
  return out;
}

bool HasPolicyFilters(const Explanation& told) {
  return std::any_of(told.filters.begin(), told.filters.end(), [](const std::string& name) {
    const KnownFilter* known = FindKnown(name);
    return known != nullptr && known->part.has_value();
  });
}

}  // namespace sluice::sluicectl
