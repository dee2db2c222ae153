// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/policy_verdict.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controlplane/resolve/auth.h"
#include "controlplane/resolve/certificate.h"
#include "gateway/v1/backend_tls_policy.pb.h"
#include "gateway/v1/gateway.pb.h"
#include "gateway/v1/http_route.pb.h"
#include "k8s/service.pb.h"
#include "sluice/v1alpha1/auth_policy.pb.h"
#include "sluice/v1alpha1/client_policy.pb.h"
#include "sluice/v1alpha1/rate_limit_policy.pb.h"
#include "sluice/v1alpha1/telemetry_policy.pb.h"
#include "sluice/v1alpha1/traffic_policy.pb.h"

namespace sluice::resolve {
namespace {

using gateway::v1::BackendTLSPolicy;
using gateway::v1::Gateway;
using gateway::v1::PolicyTargetReference;
using manifest::ObjectKey;

// The names of a target's sections; null: it has none.
std::optional<std::vector<std::string>> SectionsOf(Facts& facts, const ObjectKey& target) {
  std::vector<std::string> names;
  if (target.kind == "Gateway") {
    for (const auto& l : facts.Find<Gateway>(target.ns, target.name)->spec().listeners()) {
      names.push_back(l.name());
    }
    return names;
  }
  if (target.kind == "Service") {
    for (const auto& p : facts.Find<k8s::Service>(target.ns, target.name)->spec().ports()) {
      names.push_back(p.name());
    }
    return names;
  }
  if (target.kind == "HTTPRoute") {
    const auto* route = facts.Find<gateway::v1::HTTPRoute>(target.ns, target.name);
    for (const auto& rule : route->spec().rules()) {
      if (rule.has_name()) names.push_back(rule.name());
    }
    return names;
  }
  return std::nullopt;
}

// True for policies that are applied once a request has been read.
bool IsOfRequests(std::string_view kind) {
  return kind == "AuthPolicy" || kind == "RateLimitPolicy";
}

// True if the listener shares its port with another one that has no TLS: then settings of its own
// cannot be kept.
bool SharesPort(Facts& facts, const ObjectKey& target, const std::string& section) {
  const auto& listeners = facts.Find<Gateway>(target.ns, target.name)->spec().listeners();
  const auto self = std::find_if(listeners.begin(), listeners.end(),
                                 [&](const auto& l) { return l.name() == section; });
  if (self == listeners.end() || self->protocol() != "HTTP") return false;
  return std::count_if(listeners.begin(), listeners.end(),
                       [&](const auto& l) { return l.port() == self->port(); }) > 1;
}

template <typename Policy>
std::optional<Condition> Conflict(Facts& facts, const ObjectKey& key, const ObjectKey& target,
                                  const std::string& section) {
  const Policy* winner = facts.FindPolicy<Policy>(target, section);
  if (winner == nullptr || winner->metadata().name() == key.name) return std::nullopt;
  return False("Accepted", "Conflicted",
               absl::StrCat(key.kind, " ", key.ns, "/", winner->metadata().name(),
                            " governs the same target and is older, or as old and first by name"));
}

template <typename Policy>
Condition Judge(Facts& facts, const ObjectKey& key, const PolicyTargetReference& ref) {
  const ObjectKey target{ref.kind(), key.ns, ref.name()};
  if (!facts.Exists(target)) {
    return False("Accepted", "TargetNotFound", target.ToString() + " does not exist");
  }
  const std::string& section = ref.section_name();
  if (!section.empty()) {
    const auto sections = SectionsOf(facts, target);
    if (!sections || std::find(sections->begin(), sections->end(), section) == sections->end()) {
      return False("Accepted", "TargetNotFound",
                   absl::StrCat(target.ToString(), " has no section ", section,
                                sections ? "; it has " + absl::StrJoin(*sections, ", ") : ""));
    }
    if (target.kind == "Gateway" && key.kind == "TrafficPolicy") {
      return False("Accepted", "Invalid",
                   "a TrafficPolicy governs a Gateway as a whole; leave out sectionName");
    }
    if (target.kind == "Gateway" && !IsOfRequests(key.kind) && SharesPort(facts, target, section)) {
      return False("Accepted", "Invalid",
                   absl::StrCat("listener ", section,
                                " shares its port with another HTTP listener, and a proxy cannot "
                                "tell them apart before it has read a request; target the whole "
                                "Gateway"));
    }
  }
  if (auto conflict = Conflict<Policy>(facts, key, target, section)) return *conflict;
  return True("Accepted", "Accepted");
}

template <typename Policy>
Verdict JudgeAll(Facts& facts, const Policy& policy, const ObjectKey& key) {
  Verdict verdict;
  for (int i = 0; i < policy.spec().target_refs_size(); ++i) {
    const PolicyTargetReference& ref = policy.spec().target_refs(i);
    verdict.parents.push_back({.parent = {ref.kind(), key.ns, ref.name()},
                               .section = ref.section_name(),
                               .index = i,
                               .conditions = {Judge<Policy>(facts, key, ref)}});
  }
  return verdict;
}

Condition JudgeAuthorities(Facts& facts, const BackendTLSPolicy& policy, const ObjectKey& key) {
  for (const auto& ref : policy.spec().validation().ca_certificate_refs()) {
    auto authorities = ResolveAuthorities(facts, key.ns, ref);
    if (auto* refusal = std::get_if<Refusal>(&authorities)) {
      return False("ResolvedRefs", refusal->reason, refusal->message);
    }
  }
  return True("ResolvedRefs", "ResolvedRefs");
}

// Whether the keys that tokens are checked with are there.
Condition JudgeKeys(Facts& facts, const v1alpha1::AuthPolicy& policy, const ObjectKey& key) {
  const auto& methods = policy.spec().identify().methods();
  for (int i = 0; i < methods.size(); ++i) {
    if (!methods[i].has_jwt()) continue;
    const auto jwks = ResolveJwks(facts, key.ns, methods[i].jwt().keys());
    if (const auto* refusal = std::get_if<Refusal>(&jwks)) {
      return False("ResolvedRefs", refusal->reason,
                   absl::StrCat("spec.identify.methods[", i, "].jwt.keys.ref: ", refusal->message,
                                "; requests that the policy governs are answered with 500"));
    }
  }
  return True("ResolvedRefs", "ResolvedRefs");
}

Verdict JudgeAuthPolicy(Facts& facts, const v1alpha1::AuthPolicy& policy, const ObjectKey& key) {
  Verdict verdict = JudgeAll(facts, policy, key);
  const Condition keys = JudgeKeys(facts, policy, key);
  for (ParentVerdict& parent : verdict.parents) parent.conditions.push_back(keys);
  return verdict;
}

}  // namespace

bool IsPolicy(std::string_view kind) {
  return kind == "TrafficPolicy" || kind == "ClientPolicy" || kind == "TelemetryPolicy" ||
         kind == "BackendTLSPolicy" || IsOfRequests(kind);
}

Verdict ResolvePolicyVerdict(Facts& facts, const store::ObjectSet& objects, const ObjectKey& key) {
  if (key.kind == "TrafficPolicy") {
    return JudgeAll(facts, *objects.Find<v1alpha1::TrafficPolicy>(key.ns, key.name), key);
  }
  if (key.kind == "ClientPolicy") {
    return JudgeAll(facts, *objects.Find<v1alpha1::ClientPolicy>(key.ns, key.name), key);
  }
  if (key.kind == "TelemetryPolicy") {
    return JudgeAll(facts, *objects.Find<v1alpha1::TelemetryPolicy>(key.ns, key.name), key);
  }
  if (key.kind == "AuthPolicy") {
    return JudgeAuthPolicy(facts, *objects.Find<v1alpha1::AuthPolicy>(key.ns, key.name), key);
  }
  if (key.kind == "RateLimitPolicy") {
    return JudgeAll(facts, *objects.Find<v1alpha1::RateLimitPolicy>(key.ns, key.name), key);
  }
  const auto& policy = *objects.Find<BackendTLSPolicy>(key.ns, key.name);
  Verdict verdict = JudgeAll(facts, policy, key);
  const Condition resolved = JudgeAuthorities(facts, policy, key);
  for (ParentVerdict& parent : verdict.parents) {
    // A policy without its authorities cannot be kept at all.
    if (!IsGood(resolved) && IsGood(parent.conditions[0])) {
      parent.conditions[0] = False("Accepted", "NoValidCACertificate", resolved.message);
    }
    parent.conditions.push_back(resolved);
  }
  return verdict;
}

}  // namespace sluice::resolve
