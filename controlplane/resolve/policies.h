// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controlplane/ir/policies.h"
#include "controlplane/resolve/facts.h"
#include "sluice/v1alpha1/auth_policy.pb.h"
#include "sluice/v1alpha1/rate_limit_policy.pb.h"

namespace sluice::resolve {

// What a policy may be attached to: an object as a whole (empty section), or its rule or listener
// of that name.
struct PolicyPlace {
  manifest::ObjectKey target;
  std::string section;

  bool operator==(const PolicyPlace&) const = default;
};

// Finds what AuthPolicies and RateLimitPolicies say at places of one Gateway, and makes each policy
// once, however many of its places are asked for.
//
// Thread:   its owner's.
// Lifetime: `facts` outlives it.
// Errors:   none: a policy that cannot be kept says so in what is made of it (ir::Identify).
class PolicyFinder {
 public:
  explicit PolicyFinder(Facts& facts) : facts_(facts) {}

  // `places` with the nearest to a request first. identify, authorize and limits are each taken
  // whole from the first that says something of it.
  ir::Policies At(const std::vector<PolicyPlace>& places);

 private:
  Facts& facts_;
  std::map<const v1alpha1::AuthPolicy*, ir::Shared<ir::Identify>> identify_;
  std::map<const v1alpha1::AuthPolicy*, ir::Shared<ir::Authorize>> authorize_;
  std::map<const v1alpha1::RateLimitPolicy*, ir::Shared<ir::RateLimit>> rate_limit_;
};

// Whose consumers the proxies of a Gateway may have to find.
struct ConsumerNamespaces {
  bool all = false;
  std::set<std::string> names;

  void Add(const ir::Policies& policies);
  void Add(const ConsumerNamespaces& other);
  bool Has(const std::string& ns) const { return all || names.contains(ns); }
  bool operator==(const ConsumerNamespaces&) const = default;
};

}  // namespace sluice::resolve
