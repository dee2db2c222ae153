// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/limit/config.h"

#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/limits/rate_limit_fields.h"

namespace sluice::filters {
namespace {

absl::Status InRule(const LimitRuleSettings& rule, std::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("limit \"", rule.name, "\": ", problem));
}

// A text that no other rule with other parameters has: every piece says how long it is.
std::string IdentityOf(const std::string& policy, const LimitRuleSettings& rule) {
  std::string identity;
  for (const std::string* text : {&policy, &rule.name}) {
    absl::StrAppend(&identity, text->size(), ":", *text);
  }
  absl::StrAppend(&identity, rule.requests, "/", rule.window_ns, "+", rule.burst);
  for (const LimitKeyPart& part : rule.key) {
    absl::StrAppend(&identity, ",", static_cast<int>(part.kind), " ", part.name.size(), ":",
                    part.name);
    if (part.kind == LimitKeyPart::Kind::kClientIp) {
      absl::StrAppend(&identity, part.ipv4_prefix, ".", part.ipv6_prefix);
    }
  }
  identity += ';';
  return identity;
}

absl::StatusOr<LimitRule> MakeRule(const std::string& policy, LimitRuleSettings rule) {
  if (!limits::IsLimitName(rule.name)) {
    return InRule(rule, "its name must be 1 to 256 printable characters of ASCII");
  }
  if (rule.key.size() > LimitPolicy::kMaxKeyParts) {
    return InRule(rule,
                  absl::StrCat("its key has more than ", LimitPolicy::kMaxKeyParts, " parts"));
  }
  absl::StatusOr<limits::Gcra> limit =
      limits::Gcra::Make(rule.requests, rule.window_ns, rule.burst);
  if (!limit.ok()) return InRule(rule, limit.status().message());
  LimitRule made{.name = rule.name, .limit = *limit, .when = std::move(rule.when)};
  made.identity = IdentityOf(policy, rule);
  made.key = std::move(rule.key);
  made.quoted_name = limits::QuotedLimitName(made.name);
  made.policy_item = limits::QuotaPolicyItem(made.quoted_name, rule.requests, rule.window_ns);
  return made;
}

}  // namespace

LimitPolicy::LimitPolicy(std::string policy, std::vector<LimitRule> rules, bool omit_headers,
                         bool shadow)
    : policy_(std::move(policy)),
      rules_(std::move(rules)),
      omit_headers_(omit_headers),
      shadow_(shadow) {
  for (const LimitRule& rule : rules_) {
    absl::StrAppend(&policy_field_, policy_field_.empty() ? "" : ", ", rule.policy_item);
  }
}

absl::StatusOr<std::shared_ptr<const LimitPolicy>> LimitPolicy::Make(Settings settings) {
  if (settings.rules.size() > kMaxRules) {
    return absl::InvalidArgumentError(
        absl::StrCat(settings.rules.size(), " limits are more than ", kMaxRules));
  }
  std::vector<LimitRule> rules;
  absl::flat_hash_set<std::string> names;
  for (LimitRuleSettings& rule : settings.rules) {
    if (!names.insert(rule.name).second) return InRule(rule, "there are two of that name");
    SLUICE_ASSIGN_OR_RETURN(LimitRule made, MakeRule(settings.policy, std::move(rule)));
    rules.push_back(std::move(made));
  }
  return std::shared_ptr<const LimitPolicy>(new LimitPolicy(
      std::move(settings.policy), std::move(rules), settings.omit_headers, settings.shadow));
}

}  // namespace sluice::filters
