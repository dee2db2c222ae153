// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/rbac/rbac.h"

#include <new>
#include <string_view>

#include "dataplane/filters/chain/decision.h"
#include "dataplane/filters/rbac/config.h"

namespace sluice::filters {
namespace {

using http::PolicyDecision;
using http::PolicyOutcome;

class RbacFilter final : public Filter {
 public:
  RbacFilter(FilterHost& host, const RbacConfig& config) : host_(host), config_(config) {}

  Verdict OnRequest(http::RequestHead& head, bool end_stream) override;

 private:
  PolicyDecision Decide(const RbacRules& rules, const http::RequestHead& head) const;
  Verdict Refuse(const PolicyDecision& decision);

  FilterHost& host_;
  const RbacConfig& config_;
};

PolicyDecision RbacFilter::Decide(const RbacRules& rules, const http::RequestHead& head) const {
  const RbacRules::Rule* taken = nullptr;
  for (const RbacRules::Rule& rule : rules.rules) {
    if (!rule.when.Matches(head, host_.info())) continue;
    taken = &rule;
    break;
  }
  PolicyDecision decision{.policy = rules.policy};
  if (taken != nullptr) decision.rule = taken->name;
  const bool allowed = rules.lets_in == (taken != nullptr);
  decision.outcome = allowed ? PolicyOutcome::kAllowed : PolicyOutcome::kDenied;
  decision.reason = allowed            ? "rbac-allowed"
                    : taken != nullptr ? "rbac-denied"
                                       : "rbac-no-allow-rule";
  return decision;
}

Verdict RbacFilter::OnRequest(http::RequestHead& head, bool end_stream) {
  if (const RbacRules* shadow = config_.shadow(); shadow != nullptr) {
    PolicyDecision decision = Decide(*shadow, head);
    if (decision.outcome == PolicyOutcome::kDenied) decision.outcome = PolicyOutcome::kWouldDeny;
    NoteDecision(host_, decision);
  }
  if (config_.rules() == nullptr) return Verdict::kContinue;
  const PolicyDecision decision = Decide(*config_.rules(), head);
  NoteDecision(host_, decision);
  return decision.outcome == PolicyOutcome::kAllowed ? Verdict::kContinue : Refuse(decision);
}

Verdict RbacFilter::Refuse(const PolicyDecision& decision) {
  LocalReply reply{.status = 403, .detail = decision.reason};
  if (decision.rule.empty()) {
    reply.message = "No rule that lets requests in takes this one.";
  } else {
    reply.detail = host_.arena().Concat(decision.reason, ":", decision.rule);
    reply.message =
        host_.arena().Concat("The rule \"", decision.rule, "\" does not allow this request.");
  }
  host_.Reply(reply);
  return Verdict::kReply;
}

}  // namespace

Filter* CreateRbac(FilterHost& host, const config::FilterConfig* config, base::Arena& arena) {
  const config::FilterConfig* nearest = host.RouteConfig() != nullptr ? host.RouteConfig() : config;
  const auto* rbac = dynamic_cast<const RbacConfig*>(nearest);
  if (rbac == nullptr || (rbac->rules() == nullptr && rbac->shadow() == nullptr)) return nullptr;
  return new (arena.Allocate(sizeof(RbacFilter), alignof(RbacFilter))) RbacFilter(host, *rbac);
}

}  // namespace sluice::filters
