// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/limit.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/condition.h"
#include "dataplane/filters/limit/config.h"
#include "dataplane/http/header_id.h"
#include "dataplane/http/syntax.h"

namespace sluice::compile {

using filters::LimitKeyPart;
using filters::LimitPolicy;
using filters::LimitRuleSettings;
using sluice::limits::v1::LimitPerRoute;
using KeyMessage = sluice::limits::v1::Key;
using RuleMessage = sluice::limits::v1::Rule;

namespace {

constexpr uint32_t kIpv4Bits = 32;
constexpr uint32_t kIpv6Bits = 128;
constexpr uint32_t kDefaultIpv6Prefix = 64;
constexpr int64_t kMinWindowS = 1;
constexpr int64_t kMaxWindowS = 366 * 24 * 3600;
constexpr int64_t kNanoseconds = 1'000'000'000;

absl::StatusOr<uint8_t> Prefix(uint32_t length, uint32_t unset, uint32_t bits,
                               std::string_view field, const CompileContext& context) {
  if (length > bits) {
    return context.ErrorAt(field, absl::StrCat(length, " is more than ", bits));
  }
  return static_cast<uint8_t>(length == 0 ? unset : length);
}

absl::Status CompileClientIp(const KeyMessage::ClientIp& message, LimitKeyPart& part,
                             CompileContext& context) {
  const Scope at(context, "client_ip");
  SLUICE_ASSIGN_OR_RETURN(part.ipv4_prefix, Prefix(message.ipv4_prefix(), kIpv4Bits, kIpv4Bits,
                                                   "ipv4_prefix", context));
  SLUICE_ASSIGN_OR_RETURN(part.ipv6_prefix, Prefix(message.ipv6_prefix(), kDefaultIpv6Prefix,
                                                   kIpv6Bits, "ipv6_prefix", context));
  return absl::OkStatus();
}

absl::Status CompileHeader(const std::string& name, LimitKeyPart& part,
                           const CompileContext& context) {
  part.name = absl::AsciiStrToLower(name);
  if (part.name != ":authority" && !http::IsFieldName(part.name)) {
    return context.ErrorAt("header", absl::StrCat("\"", name, "\" is no name of a header"));
  }
  part.header = http::FindHeaderId(part.name);
  return absl::OkStatus();
}

absl::StatusOr<LimitKeyPart> CompileKey(const KeyMessage& message, CompileContext& context) {
  LimitKeyPart part;
  switch (message.value_case()) {
    case KeyMessage::kConsumer:
      part.kind = LimitKeyPart::Kind::kConsumer;
      return part;
    case KeyMessage::kClientIp:
      part.kind = LimitKeyPart::Kind::kClientIp;
      SLUICE_RETURN_IF_ERROR(CompileClientIp(message.client_ip(), part, context));
      return part;
    case KeyMessage::kHeader:
      part.kind = LimitKeyPart::Kind::kHeader;
      SLUICE_RETURN_IF_ERROR(CompileHeader(message.header(), part, context));
      return part;
    case KeyMessage::kClaim:
      part.kind = LimitKeyPart::Kind::kClaim;
      part.name = message.claim();
      if (part.name.empty()) return context.ErrorAt("claim", "is empty");
      return part;
    case KeyMessage::kRoute:
      part.kind = LimitKeyPart::Kind::kRoute;
      return part;
    case KeyMessage::VALUE_NOT_SET:
      break;
  }
  return context.Error("says of no value what is counted apart");
}

absl::StatusOr<int64_t> WindowNs(const google::protobuf::Duration& window,
                                 const CompileContext& context) {
  if (window.seconds() < kMinWindowS || window.seconds() > kMaxWindowS || window.nanos() < 0 ||
      window.nanos() >= kNanoseconds) {
    return context.ErrorAt("window", absl::StrCat(window.seconds(), "s must be 1s to 366 days"));
  }
  return window.seconds() * kNanoseconds + window.nanos();
}

absl::StatusOr<LimitRuleSettings> CompileRule(const RuleMessage& message, CompileContext& context) {
  LimitRuleSettings rule;
  rule.name = message.name();
  rule.requests = message.requests();
  SLUICE_ASSIGN_OR_RETURN(rule.window_ns, WindowNs(message.window(), context));
  rule.burst = message.burst() == 0 ? message.requests() : message.burst();
  for (int i = 0; i < message.key_size(); ++i) {
    const Scope at(context, "key", i);
    SLUICE_ASSIGN_OR_RETURN(LimitKeyPart part, CompileKey(message.key(i), context));
    rule.key.push_back(std::move(part));
  }
  if (message.has_when()) {
    const Scope at(context, "when");
    // What a limit counts it may refuse: one copy of a header that matches is enough.
    SLUICE_ASSIGN_OR_RETURN(
        rule.when, CompileCondition(message.when(), condition::Leaning::kKeepsOut, context));
  }
  return rule;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileLimits(
    const LimitPerRoute& message, CompileContext& context) {
  // Without a name it would share its counts with every other that has none.
  if (message.policy().empty()) return context.ErrorAt("policy", "is empty");
  LimitPolicy::Settings settings{.policy = message.policy(),
                                 .omit_headers = message.omit_headers(),
                                 .shadow = message.shadow()};
  for (int i = 0; i < message.rules_size(); ++i) {
    const Scope at(context, "rules", i);
    SLUICE_ASSIGN_OR_RETURN(LimitRuleSettings rule, CompileRule(message.rules(i), context));
    settings.rules.push_back(std::move(rule));
  }
  absl::StatusOr<std::shared_ptr<const LimitPolicy>> policy =
      LimitPolicy::Make(std::move(settings));
  if (!policy.ok()) return context.ErrorAt("rules", policy.status().message());
  return *std::move(policy);
}

}  // namespace sluice::compile
