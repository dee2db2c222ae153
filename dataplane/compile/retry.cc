// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/retry.h"

#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace sluice::compile {

using config::RetryPolicy;

namespace {

struct Condition {
  std::string_view name;
  uint32_t bit;
};
constexpr Condition kConditions[] = {
    {"5xx", RetryPolicy::k5xx},
    {"gateway-error", RetryPolicy::kGatewayError},
    {"reset", RetryPolicy::kReset},
    {"reset-before-request", RetryPolicy::kResetBeforeRequest},
    {"connect-failure", RetryPolicy::kConnectFailure},
    {"refused-stream", RetryPolicy::kRefusedStream},
    {"retriable-4xx", RetryPolicy::kRetriable4xx},
    {"retriable-status-codes", RetryPolicy::kRetriableStatusCodes},
    {"cancelled", RetryPolicy::kGrpcCancelled},
    {"deadline-exceeded", RetryPolicy::kGrpcDeadlineExceeded},
    {"resource-exhausted", RetryPolicy::kGrpcResourceExhausted},
    {"unavailable", RetryPolicy::kGrpcUnavailable},
    {"internal", RetryPolicy::kGrpcInternal},
};

uint32_t FindCondition(std::string_view name) {
  for (const Condition& condition : kConditions) {
    if (condition.name == name) return condition.bit;
  }
  return 0;
}

absl::Status CompileBackoff(const envoy::config::route::v3::RetryPolicy& policy, RetryPolicy& out,
                            CompileContext& context) {
  const Scope at(context, "retry_back_off");
  SLUICE_ASSIGN_OR_RETURN(out.base_backoff_ms, Milliseconds(policy.retry_back_off().base_interval(),
                                                            "base_interval", context));
  if (out.base_backoff_ms == 0) return context.ErrorAt("base_interval", "must be above 0");
  out.max_backoff_ms = 10 * out.base_backoff_ms;
  if (!policy.retry_back_off().has_max_interval()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(out.max_backoff_ms, Milliseconds(policy.retry_back_off().max_interval(),
                                                           "max_interval", context));
  if (out.max_backoff_ms < out.base_backoff_ms) {
    return context.ErrorAt(
        "max_interval",
        absl::StrCat(out.max_backoff_ms, "ms is below base_interval, ", out.base_backoff_ms, "ms"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RetryPolicy> CompileRetryPolicy(const envoy::config::route::v3::RetryPolicy& policy,
                                               CompileContext& context) {
  RetryPolicy out;
  for (std::string_view name : absl::StrSplit(policy.retry_on(), ',', absl::SkipWhitespace())) {
    name = absl::StripAsciiWhitespace(name);
    const uint32_t bit = FindCondition(name);
    out.on |= bit;
    // Envoy skips what it does not know here, and new conditions keep coming.
    if (bit == 0) context.List("retry_on", absl::StrCat("retry_on value \"", name, "\""));
  }
  out.max_retries = policy.has_num_retries() ? policy.num_retries().value() : 1;
  SLUICE_ASSIGN_OR_RETURN(out.per_try_timeout_ms,
                          Milliseconds(policy.per_try_timeout(), "per_try_timeout", context));
  SLUICE_ASSIGN_OR_RETURN(
      out.per_try_idle_timeout_ms,
      Milliseconds(policy.per_try_idle_timeout(), "per_try_idle_timeout", context));
  out.base_backoff_ms = 25;
  out.max_backoff_ms = 250;
  if (policy.has_retry_back_off()) {
    SLUICE_RETURN_IF_ERROR(CompileBackoff(policy, out, context));
  }
  for (const auto& predicate : policy.retry_host_predicate()) {
    // Endpoints that were tried are avoided without being asked to.
    const std::string& type = predicate.typed_config().type_url();
    if (!absl::EndsWith(type,
                        "/envoy.extensions.retry.host.previous_hosts.v3."
                        "PreviousHostsPredicate")) {
      context.List("retry_host_predicate", absl::StrCat("retry_host_predicate ", type));
    }
  }
  for (int i = 0; i < policy.retriable_status_codes_size(); ++i) {
    const uint32_t code = policy.retriable_status_codes(i);
    if (code < 100 || code > 599) {
      return context.ErrorAt(absl::StrCat("retriable_status_codes[", i, "]"),
                             absl::StrCat(code, " is no status code"));
    }
    out.status_codes.push_back(static_cast<uint16_t>(code));
  }
  return out;
}

}  // namespace sluice::compile
