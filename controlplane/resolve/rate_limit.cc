// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/rate_limit.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/values.h"
#include "controlplane/resolve/conditions.h"

namespace sluice::resolve {
namespace {

ir::LimitKey ToIr(const v1alpha1::RateLimitKey& from) {
  using Kind = ir::LimitKey::Kind;
  ir::LimitKey to{.kind = Kind::kConsumer, .name = from.name()};
  if (from.type() == "ClientIP") to.kind = Kind::kClientIp;
  if (from.type() == "Header") {
    to.kind = Kind::kHeader;
    to.name = absl::AsciiStrToLower(from.name());
  }
  if (from.type() == "Claim") to.kind = Kind::kClaim;
  if (from.type() == "Route") to.kind = Kind::kRoute;
  if (from.has_ipv4_prefix()) to.ipv4_prefix = from.ipv4_prefix();
  if (from.has_ipv6_prefix()) to.ipv6_prefix = from.ipv6_prefix();
  return to;
}

ir::Limit ToIr(const v1alpha1::RateLimit& from, const std::string& ns) {
  ir::Limit to{.name = from.name(),
               .requests = from.requests(),
               .window = manifest::FromProto(from.window()),
               .burst = from.has_burst() ? from.burst() : from.requests()};
  for (const v1alpha1::RateLimitKey& key : from.key()) to.key.push_back(ToIr(key));
  if (from.has_when()) to.when = ResolveConditions(from.when(), ns);
  return to;
}

}  // namespace

ir::RateLimit ResolveRateLimit(const v1alpha1::RateLimitPolicy& policy) {
  const std::string& ns = policy.metadata().namespace_();
  const std::string& name = policy.metadata().name();
  ir::RateLimit to{.policy = absl::StrCat("RateLimitPolicy/", ns, "/", name),
                   .headers = !policy.spec().has_headers() || policy.spec().headers(),
                   .shadow = policy.spec().mode() == "Shadow",
                   .source = {{"RateLimitPolicy", ns, name}, "spec.limits"}};
  for (const v1alpha1::RateLimit& limit : policy.spec().limits()) {
    to.limits.push_back(ToIr(limit, ns));
  }
  return to;
}

}  // namespace sluice::resolve
