// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/policies.h"

#include "controlplane/resolve/auth.h"
#include "controlplane/resolve/rate_limit.h"

namespace sluice::resolve {
namespace {

using v1alpha1::AuthPolicy;
using v1alpha1::RateLimitPolicy;

// The nearest policy that `has` something to say; null if there is none.
template <typename Policy, typename Has>
const Policy* FindNearest(Facts& facts, const std::vector<PolicyPlace>& places, Has has) {
  for (const PolicyPlace& place : places) {
    const Policy* policy = facts.FindPolicy<Policy>(place.target, place.section);
    if (policy != nullptr && has(*policy)) return policy;
  }
  return nullptr;
}

template <typename Policy, typename Value, typename Make>
ir::Shared<Value> Once(std::map<const Policy*, ir::Shared<Value>>& made, const Policy* policy,
                       Make make) {
  if (policy == nullptr) return {};
  const auto [it, is_new] = made.try_emplace(policy);
  if (is_new) it->second = ir::Shared<Value>(make(*policy));
  return it->second;
}

}  // namespace

ir::Policies PolicyFinder::At(const std::vector<PolicyPlace>& places) {
  const auto* identify = FindNearest<AuthPolicy>(
      facts_, places, [](const AuthPolicy& policy) { return policy.spec().has_identify(); });
  const auto* authorize = FindNearest<AuthPolicy>(
      facts_, places, [](const AuthPolicy& policy) { return policy.spec().has_authorize(); });
  const auto* limits =
      FindNearest<RateLimitPolicy>(facts_, places, [](const RateLimitPolicy&) { return true; });
  ir::Policies out;
  out.identify = Once(identify_, identify,
                      [&](const AuthPolicy& policy) { return ResolveIdentify(facts_, policy); });
  out.authorize = Once(authorize_, authorize, ResolveAuthorize);
  out.rate_limit = Once(rate_limit_, limits, ResolveRateLimit);
  return out;
}

void ConsumerNamespaces::Add(const ir::Policies& policies) {
  if (!policies.identify || policies.identify->methods.empty()) return;
  if (!policies.identify->unusable.empty()) return;
  const auto& ns = policies.identify->consumer_namespace;
  if (ns.has_value()) {
    names.insert(*ns);
  } else {
    all = true;
  }
}

void ConsumerNamespaces::Add(const ConsumerNamespaces& other) {
  all = all || other.all;
  names.insert(other.names.begin(), other.names.end());
}

}  // namespace sluice::resolve
