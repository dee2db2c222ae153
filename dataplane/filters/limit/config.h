// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/condition/condition.h"
#include "dataplane/config/route.h"
#include "dataplane/http/header_id.h"
#include "dataplane/limits/gcra.h"

namespace sluice::filters {

// One value of a request that is counted apart. A value that a request does not have is a value
// like any other: all requests without it are counted together (RL-02).
struct LimitKeyPart {
  enum class Kind : uint8_t {
    kConsumer,  // Who the identify phase found.
    kClientIp,  // As intake believes it, cut to a prefix; ::ffff:192.0.2.1 is 192.0.2.1.
    // The values of a header. One that comes with several that differ counts as missing: else each
    // second line would open a new count (RL-01). "host" and ":authority" are the host alone,
    // without port and trailing dot.
    kHeader,
    kClaim,  // Of the token, by its path: "realm_access.tenant". All values of a list.
    kRoute   // By name; one without a name counts as missing.
  };
  Kind kind = Kind::kRoute;
  std::string name;  // Of the header, lower case, or claim.
  http::HeaderId header = http::HeaderId::kOther;
  uint8_t ipv4_prefix = 32;
  uint8_t ipv6_prefix = 64;
};

// One limit, as configured.
struct LimitRuleSettings {
  std::string name;
  uint64_t requests = 0;
  int64_t window_ns = 0;
  uint64_t burst = 0;
  std::vector<LimitKeyPart> key;
  std::optional<condition::Condition> when;  // Requests that it counts; all without.
};

// One limit, ready to count.
struct LimitRule {
  std::string name;
  limits::Gcra limit;
  std::vector<LimitKeyPart> key;
  std::optional<condition::Condition> when;
  std::string identity;     // What its keys begin with: policy, name, parameters.
  std::string quoted_name;  // As the RateLimit fields have it.
  std::string policy_item;  // Its item of RateLimit-Policy.
};

// What the limit filter does on a route. All its rules that count a request must let it through.
//
// Counts belong to what a rule says, not to this object: they go on over updates of the
// configuration, and are shared by all routes that have the same policy, as long as name and
// parameters of the rule are the same. A rule whose parameters change begins anew.
//
// Thread:   immutable; any.
// Errors:   Make names the rule that cannot be counted, or is named twice.
// Limits:   kMaxRules rules, kMaxKeyParts parts of a key.
class LimitPolicy final : public config::FilterConfig {
 public:
  static constexpr size_t kMaxRules = 16;
  static constexpr size_t kMaxKeyParts = 8;

  struct Settings {
    std::string policy;  // "RateLimitPolicy/NAMESPACE/NAME".
    std::vector<LimitRuleSettings> rules;
    bool omit_headers = false;
    bool shadow = false;
  };
  static absl::StatusOr<std::shared_ptr<const LimitPolicy>> Make(Settings settings);

  const std::string& policy() const { return policy_; }
  const std::vector<LimitRule>& rules() const { return rules_; }
  // RateLimit-Policy where all rules count a request.
  const std::string& policy_field() const { return policy_field_; }
  bool omit_headers() const { return omit_headers_; }
  bool shadow() const { return shadow_; }

 private:
  LimitPolicy(std::string policy, std::vector<LimitRule> rules, bool omit_headers, bool shadow);

  const std::string policy_;
  const std::vector<LimitRule> rules_;
  std::string policy_field_;
  const bool omit_headers_;
  const bool shadow_;
};

// The chain's configuration: the filter is there; what it does is each route's to say.
class LimitEnabled final : public config::FilterConfig {};

}  // namespace sluice::filters
