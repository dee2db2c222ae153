// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/condition/condition.h"
#include "dataplane/config/route.h"

namespace sluice::filters {

// Rules of one kind.
struct RbacRules {
  struct Rule {
    std::string name;
    condition::Condition when;
  };
  bool lets_in = true;      // Else they keep out.
  std::string policy;       // What logs and metrics call it.
  std::vector<Rule> rules;  // In the order of their names; the first that holds decides.
};

// What the rbac filter does, on the chain or on a route. Without rules it does nothing.
//
// Thread: immutable; any.
class RbacConfig final : public config::FilterConfig {
 public:
  RbacConfig(std::optional<RbacRules> rules, std::optional<RbacRules> shadow)
      : rules_(std::move(rules)), shadow_(std::move(shadow)) {}

  // Null: none are enforced.
  const RbacRules* rules() const { return rules_.has_value() ? &*rules_ : nullptr; }
  // Null: none are counted.
  const RbacRules* shadow() const { return shadow_.has_value() ? &*shadow_ : nullptr; }

 private:
  const std::optional<RbacRules> rules_;
  const std::optional<RbacRules> shadow_;
};

}  // namespace sluice::filters
