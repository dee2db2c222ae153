// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/resolver.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/manifest/unsupported.h"
#include "controlplane/resolve/assemble.h"
#include "controlplane/resolve/policy_verdict.h"
#include "gateway/v1/gateway_class.pb.h"

namespace sluice::resolve {
namespace {

using manifest::ObjectKey;

// The Gateway that a RoutesOf topic names, if it is one.
std::optional<ObjectKey> GatewayOf(const ObjectKey& topic) {
  if (topic.kind != RoutesOf("", "").kind) return std::nullopt;
  return ObjectKey{"Gateway", topic.ns, topic.name};
}

// Equal routes stay the same, so that what was made of them can stay as well.
void KeepEqualRoutes(const RouteResult& before, RouteResult& after) {
  const size_t count = std::min(before.routes.size(), after.routes.size());
  for (size_t i = 0; i < count; ++i) {
    if (*before.routes[i] == *after.routes[i]) after.routes[i] = before.routes[i];
  }
}

void AddIgnoredFields(const store::ObjectSet& objects, const ObjectKey& key, Verdict& verdict) {
  const store::StoredObject* stored = objects.Find(key);
  if (stored == nullptr) return;
  const std::vector<manifest::Problem> ignored = manifest::FindUnsupported(*stored->object);
  if (ignored.empty()) return;
  verdict.conditions.push_back(
      True("sluice.dev/FieldsIgnored", "UnsupportedField",
           absl::StrJoin(ignored, "; ", [](std::string* out, const manifest::Problem& problem) {
             absl::StrAppend(out, problem.field_path, ": ", problem.reason);
           })));
}

Verdict OfClass(const gateway::v1::GatewayClass& gateway_class) {
  Verdict verdict;
  if (gateway_class.spec().has_parameters_ref()) {
    verdict.conditions.push_back(
        False("Accepted", "InvalidParameters", "spec.parametersRef: no parameters are known here"));
  } else {
    verdict.conditions.push_back(True("Accepted", "Accepted"));
  }
  return verdict;
}

}  // namespace

Outcome Resolver::Apply(std::shared_ptr<const store::ObjectSet> after, const store::Delta& delta) {
  Outcome outcome;
  Agenda agenda;
  const std::shared_ptr<const store::ObjectSet> before = std::exchange(objects_, std::move(after));
  TakeIn(delta, *before, agenda);
  for (const ObjectKey& key : delta.removed) DropVerdict(key, outcome);
  for (const ObjectKey& key : delta.changed) {
    if (key.kind != store::KindOf<gateway::v1::GatewayClass>()) continue;
    const auto* gateway_class = objects_->Find<gateway::v1::GatewayClass>("", key.name);
    if (gateway_class->spec().controller_name() == kControllerName) {
      SetVerdict(key, OfClass(*gateway_class), outcome);
    } else {
      DropVerdict(key, outcome);
    }
  }
  const std::vector<ConsumerBook::Change> consumers = DoConsumers(agenda, outcome);
  DoFrames(agenda, outcome);
  DoRoutes(agenda, outcome);
  DoAssembly(agenda, outcome);
  DeliverConsumers(consumers, outcome);
  DoEndpoints(agenda, outcome);
  DoPolicies(agenda, outcome);
  DoRouteVerdicts(agenda, outcome);
  return outcome;
}

void Resolver::TakeIn(const store::Delta& delta, const store::ObjectSet& before, Agenda& agenda) {
  std::vector<ObjectKey> keys = delta.changed;
  keys.insert(keys.end(), delta.removed.begin(), delta.removed.end());
  for (const ObjectKey& key : keys) {
    MarkDependents(key, agenda);
    if (const store::StoredObject* old = before.Find(key)) {
      MarkObject(*old->object, agenda);
      topics_.Remove(*old->object);
    }
    if (const store::StoredObject* now = objects_->Find(key)) {
      MarkObject(*now->object, agenda);
      topics_.Add(*now->object);
    }
  }
}

void Resolver::MarkObject(const manifest::Object& object, Agenda& agenda) {
  if (object.key.kind == "Gateway") agenda.frames.insert(object.key);
  if (IsPolicy(object.key.kind)) agenda.policies.insert(object.key);
  if (object.key.kind == "HTTPRoute") agenda.verdicts.insert(object.key);
  if (object.key.kind == "Consumer") agenda.consumers.insert(object.key);
  for (const ObjectKey& topic : TopicsOf(object)) {
    if (const auto gateway = GatewayOf(topic)) {
      agenda.routes[*gateway].insert(object.key);
      if (!states_.contains(*gateway)) agenda.frames.insert(*gateway);
    } else {
      MarkDependents(topic, agenda);
    }
  }
}

void Resolver::MarkDependents(const ObjectKey& key, Agenda& agenda) {
  const auto it = dependents_.find(key);
  if (it == dependents_.end()) return;
  for (const Unit& unit : it->second) {
    switch (unit.what) {
      case Unit::What::kFrame:
        agenda.frames.insert(unit.gateway);
        break;
      case Unit::What::kRoute:
        agenda.routes[unit.gateway].insert(unit.object);
        break;
      case Unit::What::kEndpoints:
        agenda.endpoints.insert(unit.endpoints);
        break;
      case Unit::What::kPolicy:
        agenda.policies.insert(unit.object);
        break;
      case Unit::What::kConsumer:
        agenda.consumers.insert(unit.object);
        break;
    }
  }
}

void Resolver::SetDependencies(const Unit& unit, const std::set<ObjectKey>& before,
                               const std::set<ObjectKey>& after) {
  for (const ObjectKey& key : before) {
    if (after.contains(key)) continue;
    const auto it = dependents_.find(key);
    if (it == dependents_.end()) continue;
    it->second.erase(unit);
    if (it->second.empty()) dependents_.erase(it);
  }
  for (const ObjectKey& key : after) {
    if (!before.contains(key)) dependents_[key].insert(unit);
  }
}

void Resolver::DoFrames(Agenda& agenda, Outcome& outcome) {
  for (const ObjectKey& key : agenda.frames) {
    GatewayState& state = states_[key];
    Frame frame = ResolveFrame(MakeFacts(), key, check_);
    ++outcome.work.frames;
    SetDependencies({.what = Unit::What::kFrame, .gateway = key}, state.frame.asked, frame.asked);
    // Routes see the shapes of listeners alone: a new certificate leaves them as they are.
    const bool reshaped = frame.exists != state.frame.exists || frame.ours != state.frame.ours ||
                          frame.shapes != state.frame.shapes;
    state.frame = std::move(frame);
    agenda.assemble.insert(key);
    if (!reshaped) continue;
    for (const ObjectKey& route : topics_.Members(RoutesOf(key.ns, key.name))) {
      agenda.routes[key].insert(route);
    }
  }
}

void Resolver::DoRoutes(Agenda& agenda, Outcome& outcome) {
  for (const auto& [gateway, routes] : agenda.routes) {
    GatewayState& state = states_[gateway];
    const std::set<ObjectKey>& members = topics_.Members(RoutesOf(gateway.ns, gateway.name));
    for (const ObjectKey& key : routes) {
      const Unit unit{.what = Unit::What::kRoute, .gateway = gateway, .object = key};
      RouteResult& now = state.routes[key];
      RouteResult before = std::exchange(now, RouteResult());
      if (members.contains(key)) {
        now = ResolveHttpRoute(MakeFacts(), state.frame, gateway, key);
        KeepEqualRoutes(before, now);
        ++outcome.work.routes;
      }
      SetDependencies(unit, before.asked, now.asked);
      if (!members.contains(key)) state.routes.erase(key);
      agenda.verdicts.insert(key);
    }
    agenda.assemble.insert(gateway);
  }
}

void Resolver::DoAssembly(Agenda& agenda, Outcome& outcome) {
  for (const ObjectKey& key : agenda.assemble) {
    GatewayState& state = states_[key];
    const auto old = gateways_.find(key);
    const std::shared_ptr<const ir::Gateway> before =
        old == gateways_.end() ? nullptr : old->second;
    if (state.frame.ours) {
      PutTogether(key, before.get(), agenda, outcome);
      continue;
    }
    (void)UseEndpoints(key, {}, before.get(), agenda);
    if (before != nullptr) {
      gateways_.erase(key);
      outcome.gateways[key] = nullptr;
    }
    if (state.frame.exists && !state.frame.verdict.conditions.empty()) {
      SetVerdict(key, state.frame.verdict, outcome);
    } else {
      DropVerdict(key, outcome);
    }
    if (!state.frame.exists && state.routes.empty()) {
      SetDependencies({.what = Unit::What::kFrame, .gateway = key}, state.frame.asked, {});
      states_.erase(key);
    }
  }
}

void Resolver::PutTogether(const ObjectKey& key, const ir::Gateway* before, Agenda& agenda,
                           Outcome& outcome) {
  const GatewayState& state = states_.at(key);
  Assembly assembly = Assemble(key, state.frame, state.routes, before);
  ++outcome.work.gateways;
  AddIgnoredFields(*objects_, key, assembly.verdict);
  SetVerdict(key, std::move(assembly.verdict), outcome);
  ConsumerNamespaces& known = states_.at(key).consumers;
  if (before != nullptr && known == assembly.consumers) {
    assembly.gateway.consumers = before->consumers;
  } else {
    known = std::move(assembly.consumers);
    assembly.gateway.consumers = GatherConsumers(known, before);
  }
  assembly.gateway.endpoints = UseEndpoints(key, assembly.endpoints, before, agenda);
  gateways_[key] = std::make_shared<const ir::Gateway>(std::move(assembly.gateway));
  outcome.gateways[key] = gateways_[key];
}

ir::Parts<ir::Endpoints> Resolver::UseEndpoints(
    const ObjectKey& gateway,
    const std::vector<std::pair<std::string_view, const EndpointsId*>>& wanted,
    const ir::Gateway* before, Agenda& agenda) {
  using EndpointParts = ir::Parts<ir::Endpoints>;
  // What it used before is as it was; what is new is not resolved yet, or by another Gateway's
  // wish.
  std::vector<EndpointParts::Entry> sorted;
  sorted.reserve(wanted.size());
  for (const auto& [name, id] : wanted) sorted.emplace_back(name, nullptr);
  std::vector<std::string> gone;
  size_t at = 0;
  if (before != nullptr) {
    before->endpoints.ForEach([&](const std::string& name, const EndpointParts::Part& part) {
      while (at < sorted.size() && sorted[at].first < name) ++at;
      if (at < sorted.size() && sorted[at].first == name) {
        sorted[at].second = part;
      } else {
        gone.push_back(name);
      }
    });
  }
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i].second != nullptr) continue;
    EndpointsState& state = endpoints_[sorted[i].first];
    state.id = *wanted[i].second;
    state.users.insert(gateway);
    if (state.endpoints == nullptr) agenda.endpoints.insert(sorted[i].first);
    sorted[i].second = state.endpoints;
  }
  for (const std::string& name : gone) {
    EndpointsState& state = endpoints_.at(name);
    state.users.erase(gateway);
    if (state.users.empty()) agenda.endpoints.insert(name);
  }
  return EndpointParts::Make(std::move(sorted), before ? &before->endpoints : nullptr);
}

void Resolver::DoEndpoints(Agenda& agenda, Outcome& outcome) {
  // Gateways share what they do not change, so a new set of endpoints costs a copy of one chunk.
  std::map<ObjectKey, ir::Gateway> edited;
  for (const std::string& name : agenda.endpoints) {
    const auto it = endpoints_.find(name);
    if (it == endpoints_.end()) continue;
    EndpointsState& state = it->second;
    const Unit unit{.what = Unit::What::kEndpoints, .endpoints = name};
    if (state.users.empty()) {
      SetDependencies(unit, state.asked, {});
      endpoints_.erase(it);
      continue;
    }
    Facts facts = MakeFacts();
    auto endpoints = std::make_shared<const ir::Endpoints>(ResolveEndpoints(facts, state.id));
    ++outcome.work.endpoints;
    std::set<ObjectKey> asked = facts.TakeAsked();
    SetDependencies(unit, state.asked, asked);
    state.asked = std::move(asked);
    if (state.endpoints != nullptr && *state.endpoints == *endpoints) continue;
    state.endpoints = endpoints;
    for (const ObjectKey& user : state.users) {
      auto [gateway, is_new] = edited.try_emplace(user);
      if (is_new) gateway->second = *gateways_.at(user);
      gateway->second.endpoints.Replace(name, endpoints);
    }
  }
  for (auto& [key, gateway] : edited) {
    gateways_[key] = std::make_shared<const ir::Gateway>(std::move(gateway));
    outcome.gateways[key] = gateways_[key];
  }
}

void Resolver::DoPolicies(Agenda& agenda, Outcome& outcome) {
  for (const ObjectKey& key : agenda.policies) {
    const Unit unit{.what = Unit::What::kPolicy, .object = key};
    std::set<ObjectKey> asked;
    if (objects_->Find(key) != nullptr) {
      Facts facts = MakeFacts();
      Verdict verdict = ResolvePolicyVerdict(facts, *objects_, key);
      ++outcome.work.policies;
      AddIgnoredFields(*objects_, key, verdict);
      SetVerdict(key, std::move(verdict), outcome);
      asked = facts.TakeAsked();
    }
    SetDependencies(unit, policies_asked_[key], asked);
    policies_asked_[key] = std::move(asked);
    if (policies_asked_[key].empty()) policies_asked_.erase(key);
  }
}

void Resolver::DoRouteVerdicts(Agenda& agenda, Outcome& outcome) {
  for (const ObjectKey& key : agenda.verdicts) {
    const store::StoredObject* stored = objects_->Find(key);
    if (stored == nullptr) continue;
    Verdict verdict;
    std::set<ObjectKey> seen;
    for (const ObjectKey& topic : TopicsOf(*stored->object)) {
      const auto gateway = GatewayOf(topic);
      if (!gateway || !seen.insert(*gateway).second) continue;
      const RouteResult& route = states_.at(*gateway).routes.at(key);
      verdict.parents.insert(verdict.parents.end(), route.parents.begin(), route.parents.end());
    }
    std::sort(verdict.parents.begin(), verdict.parents.end(),
              [](const ParentVerdict& a, const ParentVerdict& b) { return a.index < b.index; });
    AddIgnoredFields(*objects_, key, verdict);
    SetVerdict(key, std::move(verdict), outcome);
  }
}

void Resolver::SetVerdict(const ObjectKey& key, Verdict verdict, Outcome& outcome) {
  Verdict& now = verdicts_[key];
  if (now == verdict) return;
  now = verdict;
  outcome.verdicts[key] = std::move(verdict);
}

void Resolver::DropVerdict(const ObjectKey& key, Outcome& outcome) {
  if (verdicts_.erase(key) > 0) outcome.dropped_verdicts.push_back(key);
}

}  // namespace sluice::resolve
