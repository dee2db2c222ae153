// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/effective.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "controlplane/resolve/facts.h"
#include "controlplane/resolve/hostname.h"
#include "controlplane/resolve/topic_index.h"
#include "gateway/v1/gateway.pb.h"
#include "gateway/v1/http_route.pb.h"

namespace sluice::resolve {
namespace {

using gateway::v1::Gateway;
using gateway::v1::HTTPRoute;
using manifest::ObjectKey;

// "HTTPRoute/NS/NAME/rule/I/match/J" and what may follow.
struct RouteName {
  ObjectKey route;
  int rule = 0;
};
std::optional<RouteName> ParseRouteName(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  RouteName name;
  if (parts.size() < 5 || parts[0] != "HTTPRoute" || parts[3] != "rule" ||
      !absl::SimpleAtoi(parts[4], &name.rule) || name.rule < 0) {
    return std::nullopt;
  }
  name.route = {parts[0], parts[1], parts[2]};
  return name;
}

// Of the listeners of a port, each virtual host belongs to the one that names it most closely.
std::string ListenerOf(const Gateway& gateway, const ServedRoute& route) {
  if (!route.listener.empty()) return route.listener;
  const std::string host = route.virtual_host == "*" ? "" : route.virtual_host;
  const gateway::v1::Listener* best = nullptr;
  for (const auto& listener : gateway.spec().listeners()) {
    if (listener.port() != route.port || listener.protocol() != "HTTP") continue;
    const std::string hostname = absl::AsciiStrToLower(listener.hostname());
    if (!Covers(hostname, host)) continue;
    if (best == nullptr || Covers(absl::AsciiStrToLower(best->hostname()), hostname)) {
      best = &listener;
    }
  }
  return best == nullptr ? "" : best->name();
}

template <typename Policy, typename Has>
void Collect(Facts& facts, const std::vector<PolicyPlace>& places, PolicyWord::Part part, Has has,
             std::vector<PolicyWord>& out) {
  bool is_first = true;
  for (const PolicyPlace& place : places) {
    const Policy* policy = facts.FindPolicy<Policy>(place.target, place.section);
    if (policy == nullptr || !has(*policy)) continue;
    out.push_back({.part = part,
                   .policy = {std::string(store::KindOf<Policy>()), place.target.ns,
                              policy->metadata().name()},
                   .place = place,
                   .shadow = policy->spec().mode() == "Shadow",
                   .wins = std::exchange(is_first, false)});
  }
}

}  // namespace

std::vector<PolicyPlace> FindPlaces(const store::ObjectSet& objects, const ServedRoute& route) {
  std::vector<PolicyPlace> places;
  if (const auto name = ParseRouteName(route.route)) {
    const auto* object = objects.Find<HTTPRoute>(name->route.ns, name->route.name);
    if (object != nullptr && name->rule < object->spec().rules_size() &&
        !object->spec().rules(name->rule).name().empty()) {
      places.push_back({name->route, object->spec().rules(name->rule).name()});
    }
    if (object != nullptr) places.push_back({name->route, ""});
  }
  const auto* gateway = objects.Find<Gateway>(route.gateway.ns, route.gateway.name);
  if (gateway == nullptr) return places;
  std::string listener = ListenerOf(*gateway, route);
  if (!listener.empty()) places.push_back({route.gateway, std::move(listener)});
  places.push_back({route.gateway, ""});
  return places;
}

std::vector<PolicyWord> FindPolicyWords(const store::ObjectSet& objects,
                                        const std::vector<PolicyPlace>& places) {
  TopicIndex topics;
  for (const std::string_view kind :
       {store::KindOf<v1alpha1::AuthPolicy>(), store::KindOf<v1alpha1::RateLimitPolicy>()}) {
    for (const store::StoredObject& stored : objects.OfKind(kind)) topics.Add(*stored.object);
  }
  Facts facts(objects, topics);
  std::vector<PolicyWord> out;
  Collect<v1alpha1::AuthPolicy>(
      facts, places, PolicyWord::Part::kIdentify,
      [](const auto& policy) { return policy.spec().has_identify(); }, out);
  Collect<v1alpha1::AuthPolicy>(
      facts, places, PolicyWord::Part::kAuthorize,
      [](const auto& policy) { return policy.spec().has_authorize(); }, out);
  Collect<v1alpha1::RateLimitPolicy>(
      facts, places, PolicyWord::Part::kRateLimit, [](const auto&) { return true; }, out);
  return out;
}

}  // namespace sluice::resolve
