// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/rbac.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "dataplane/compile/condition.h"
#include "dataplane/filters/rbac/config.h"
#include "envoy/config/rbac/v3/rbac.pb.h"

namespace sluice::compile {

using envoy::config::rbac::v3::Policy;
using envoy::extensions::filters::http::rbac::v3::RBACPerRoute;
using filters::RbacConfig;
using filters::RbacRules;
using RbacFilterMessage = envoy::extensions::filters::http::rbac::v3::RBAC;
using RulesMessage = envoy::config::rbac::v3::RBAC;

namespace {

absl::StatusOr<std::optional<RbacRules>> CompileRules(const RulesMessage& rules,
                                                      const std::string& policy,
                                                      CompileContext& context) {
  if (rules.action() == RulesMessage::LOG) return std::nullopt;
  RbacRules out{.lets_in = rules.action() == RulesMessage::ALLOW, .policy = policy};
  // A protobuf map has no order; which rule is named in a refusal has one.
  const std::map<std::string, const Policy*> sorted = [&] {
    std::map<std::string, const Policy*> by_name;
    for (const auto& [name, rule] : rules.policies()) by_name.emplace(name, &rule);
    return by_name;
  }();
  for (const auto& [name, rule] : sorted) {
    const Scope at(context, "policies", std::string_view(name));
    SLUICE_ASSIGN_OR_RETURN(
        condition::Condition when,
        CompileCondition(*rule,
                         out.lets_in ? condition::Leaning::kLetsIn : condition::Leaning::kKeepsOut,
                         context));
    out.rules.push_back({name, std::move(when)});
  }
  return out;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileRbac(
    const RbacFilterMessage& rbac, CompileContext& context) {
  std::optional<RbacRules> rules, shadow;
  if (rbac.has_rules()) {
    const Scope at(context, "rules");
    SLUICE_ASSIGN_OR_RETURN(rules, CompileRules(rbac.rules(), rbac.rules_stat_prefix(), context));
  }
  if (rbac.has_shadow_rules()) {
    const Scope at(context, "shadow_rules");
    SLUICE_ASSIGN_OR_RETURN(
        shadow, CompileRules(rbac.shadow_rules(), rbac.shadow_rules_stat_prefix(), context));
  }
  return std::make_shared<const RbacConfig>(std::move(rules), std::move(shadow));
}

absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileRbacPerRoute(
    const RBACPerRoute& rbac, CompileContext& context) {
  const Scope at(context, "rbac");
  return CompileRbac(rbac.rbac(), context);
}

}  // namespace sluice::compile
