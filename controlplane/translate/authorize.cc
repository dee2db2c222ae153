// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/authorize.h"

#include "controlplane/translate/conditions.h"

namespace sluice::translate {
namespace {

using envoy::extensions::filters::http::rbac::v3::RBACPerRoute;
using Rules = envoy::config::rbac::v3::RBAC;

RBACPerRoute Translate(const ir::Authorize& from, bool deny) {
  RBACPerRoute to;
  Rules rules;
  rules.set_action(deny ? Rules::DENY : Rules::ALLOW);
  for (const ir::AuthorizeRule& rule : from.rules) {
    if (rule.deny != deny) continue;
    (*rules.mutable_policies())[rule.name] = TranslateConditions(rule.when, rule.unless);
  }
  if (rules.policies().empty()) return to;
  auto* rbac = to.mutable_rbac();
  // The prefix is where counters and logs learn whose rules they are.
  if (from.shadow) {
    *rbac->mutable_shadow_rules() = std::move(rules);
    rbac->set_shadow_rules_stat_prefix(from.policy);
  } else {
    *rbac->mutable_rules() = std::move(rules);
    rbac->set_rules_stat_prefix(from.policy);
  }
  return to;
}

}  // namespace

RBACPerRoute TranslateDeny(const ir::Authorize& from) { return Translate(from, true); }

RBACPerRoute TranslateAllow(const ir::Authorize& from) { return Translate(from, false); }

}  // namespace sluice::translate
