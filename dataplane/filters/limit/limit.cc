// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/limit/limit.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "dataplane/filters/chain/decision.h"
#include "dataplane/filters/limit/config.h"
#include "dataplane/filters/limit/key.h"
#include "dataplane/limits/limit_table.h"
#include "dataplane/limits/rate_limit_fields.h"

namespace sluice::filters {
namespace {

using http::HeaderId;
using http::PolicyDecision;
using http::PolicyOutcome;
using limits::Standing;

constexpr std::string_view kPolicyField = "ratelimit-policy";
constexpr std::string_view kField = "ratelimit";
constexpr size_t kMaxRules = LimitPolicy::kMaxRules;
static_assert(kMaxRules <= limits::LimitTable::kMaxCharges);

class LimitFilter final : public Filter {
 public:
  LimitFilter(FilterHost& host, const LimitPolicy& policy) : host_(host), policy_(policy) {}

  Verdict OnRequest(http::RequestHead& head, bool end_stream) override;
  Verdict OnResponse(http::ResponseHead& head, bool end_stream) override;

 private:
  // The rules that count this request, and what each says of it.
  struct Counted {
    std::array<const LimitRule*, kMaxRules> rules;
    std::array<limits::Charge, kMaxRules> charges;
    std::array<Standing, kMaxRules> standings;
    size_t size = 0;
    bool admitted = true;
  };

  void Count(const http::RequestHead& head, Counted& counted) const;
  // The rule that must be waited for longest.
  static size_t Tightest(const Counted& counted);
  void MakeFields(const Counted& counted);
  void AddFields(http::HeaderMap& headers) const;
  Verdict Refuse(const LimitRule& rule, int64_t retry_after_ns);

  FilterHost& host_;
  const LimitPolicy& policy_;
  std::string_view policy_field_;  // Both empty where answers are to say nothing.
  std::string_view field_;
  http::HeaderMap reply_;
};

void LimitFilter::Count(const http::RequestHead& head, Counted& counted) const {
  limits::LimitTable& table = host_.worker().limits();
  LimitKeyText text;
  for (const LimitRule& rule : policy_.rules()) {
    if (rule.when.has_value() && !rule.when->Matches(head, host_.info())) continue;
    MakeLimitKey(rule, head, host_.info(), host_.route(), text);
    counted.rules[counted.size] = &rule;
    counted.charges[counted.size] = {table.KeyOf({text.data(), text.size()}), &rule.limit};
    ++counted.size;
  }
  counted.admitted =
      table.Admit(absl::MakeConstSpan(counted.charges.data(), counted.size), 1, host_.now_ns(),
                  absl::MakeSpan(counted.standings.data(), counted.size));
}

size_t LimitFilter::Tightest(const Counted& counted) {
  size_t tightest = 0;
  for (size_t i = 1; i < counted.size; ++i) {
    if (counted.standings[i].retry_after_ns > counted.standings[tightest].retry_after_ns) {
      tightest = i;
    }
  }
  return tightest;
}

Verdict LimitFilter::OnRequest(http::RequestHead& head, bool end_stream) {
  Counted counted;
  Count(head, counted);
  if (counted.size == 0) return Verdict::kContinue;
  // What a shadow counts is nothing that clients should go by.
  if (!policy_.omit_headers() && !policy_.shadow()) MakeFields(counted);
  if (counted.admitted) {
    NoteDecision(host_, {.policy = policy_.policy(), .reason = "within-limits"});
    return Verdict::kContinue;
  }
  const size_t tightest = Tightest(counted);
  const LimitRule& rule = *counted.rules[tightest];
  NoteDecision(host_,
               {.policy = policy_.policy(),
                .rule = rule.name,
                .outcome = policy_.shadow() ? PolicyOutcome::kWouldDeny : PolicyOutcome::kDenied,
                .reason = "rate-limited"});
  if (policy_.shadow()) return Verdict::kContinue;
  return Refuse(rule, counted.standings[tightest].retry_after_ns);
}

void LimitFilter::MakeFields(const Counted& counted) {
  base::Arena& arena = host_.arena();
  const bool all = counted.size == policy_.rules().size();
  if (all) policy_field_ = policy_.policy_field();
  for (size_t i = 0; i < counted.size; ++i) {
    const LimitRule& rule = *counted.rules[i];
    const Standing& standing = counted.standings[i];
    const std::string_view item = limits::ServiceLimitItem(rule.quoted_name, standing.remaining,
                                                           standing.next_unit_ns, arena);
    const std::string_view comma = i == 0 ? "" : ", ";
    field_ = arena.Concat(field_, comma, item);
    if (!all) policy_field_ = arena.Concat(policy_field_, comma, rule.policy_item);
  }
}

void LimitFilter::AddFields(http::HeaderMap& headers) const {
  if (field_.empty()) return;
  // Beside what the upstream says of its own limits: both fields are lists.
  headers.Add(kPolicyField, policy_field_);
  headers.Add(kField, field_);
}

Verdict LimitFilter::Refuse(const LimitRule& rule, int64_t retry_after_ns) {
  base::Arena& arena = host_.arena();
  const std::string_view seconds = arena.Copy(
      absl::AlphaNum(std::max<int64_t>(limits::WholeSeconds(retry_after_ns), 1)).Piece());
  AddFields(reply_);
  reply_.Add(HeaderId::kRetryAfter, seconds);
  LocalReply reply{.status = 429,
                   .detail = arena.Concat("rate-limited:", rule.name),
                   .message = arena.Concat("The limit \"", rule.name,
                                           "\" is used up. Try again in ", seconds, " s."),
                   .headers = &reply_};
  reply.flags.Add(http::ResponseFlag::kRateLimited);
  host_.Reply(reply);
  return Verdict::kReply;
}

Verdict LimitFilter::OnResponse(http::ResponseHead& head, bool end_stream) {
  AddFields(head.headers);
  return Verdict::kContinue;
}

}  // namespace

Filter* CreateLimit(FilterHost& host, const config::FilterConfig* config, base::Arena& arena) {
  const auto* policy = dynamic_cast<const LimitPolicy*>(host.RouteConfig());
  if (policy == nullptr || policy->rules().empty()) return nullptr;
  return new (arena.Allocate(sizeof(LimitFilter), alignof(LimitFilter))) LimitFilter(host, *policy);
}

}  // namespace sluice::filters
