// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/validate/targets.h"
#include "api/manifest/values.h"

namespace sluice::manifest {
namespace {

constexpr TargetKind kTargets[] = {{"", "Service"},
                                   {"sluice.dev", "Backend"},
                                   {"gateway.networking.k8s.io", "HTTPRoute"},
                                   {"gateway.networking.k8s.io", "Gateway"}};

void CheckTimeouts(const v1alpha1::TrafficTimeouts& timeouts, Findings& findings) {
  if (!timeouts.has_request() || !timeouts.has_backend_request()) return;
  const absl::Duration request = FromProto(timeouts.request());
  const absl::Duration backend = FromProto(timeouts.backend_request());
  if (request == absl::ZeroDuration() || backend <= request) return;
  findings.Add("spec.timeouts.backendRequest",
               absl::StrCat(WriteDuration(backend), " must not be longer than request (",
                            WriteDuration(request), ")."));
}

void CheckRetry(const v1alpha1::RetryPolicy& retry, Findings& findings) {
  std::set<std::string> reasons;
  for (int i = 0; i < retry.retry_on_size(); ++i) {
    if (reasons.insert(retry.retry_on(i)).second) continue;
    findings.Add(absl::StrCat("spec.retry.retryOn[", i, "]"),
                 absl::StrCat("\"", retry.retry_on(i), "\" is given twice."));
  }
  // The defaults stand in where only one of the two is given.
  const v1alpha1::RetryBackoff& backoff = retry.backoff();
  const absl::Duration base =
      backoff.has_base() ? FromProto(backoff.base()) : absl::Milliseconds(25);
  const absl::Duration max = backoff.has_max() ? FromProto(backoff.max()) : absl::Milliseconds(250);
  if (base <= max) return;
  findings.Add("spec.retry.backoff",
               absl::StrCat("base (", WriteDuration(base), ") must not be longer than max (",
                            WriteDuration(max), ")."));
}

void CheckWholeSeconds(const google::protobuf::Duration& duration, std::string path,
                       Findings& findings) {
  if (duration.nanos() != 0)
    findings.Add(path, "must be whole seconds; the kernel counts in them.");
}

}  // namespace

void CheckKind(const v1alpha1::TrafficPolicy& policy, Findings& findings) {
  const v1alpha1::TrafficPolicySpec& spec = policy.spec();
  CheckTargets(spec.target_refs(), kTargets, findings);
  const v1alpha1::LoadBalancing& balancing = spec.load_balancing();
  if (balancing.has_least_request() && balancing.type() != "LeastRequest") {
    findings.Add("spec.loadBalancing.leastRequest", "must be absent unless type is LeastRequest.");
  }
  CheckTimeouts(spec.timeouts(), findings);
  CheckRetry(spec.retry(), findings);
  const std::string keepalive = "spec.connectionPool.tcpKeepalive";
  CheckWholeSeconds(spec.connection_pool().tcp_keepalive().idle(), keepalive + ".idle", findings);
  CheckWholeSeconds(spec.connection_pool().tcp_keepalive().interval(), keepalive + ".interval",
                    findings);
  if (spec.http().has_http2() && spec.http().version() == "HTTP1") {
    findings.Add("spec.http.http2", "must be absent with version HTTP1.");
  }
}

}  // namespace sluice::manifest
