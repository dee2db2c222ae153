// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/traffic.h"

#include "absl/strings/str_cat.h"
#include "api/manifest/values.h"
#include "sluice/v1alpha1/traffic_policy.pb.h"

namespace sluice::resolve {
namespace {

using v1alpha1::TrafficPolicy;
using v1alpha1::TrafficPolicySpec;

void ApplyTimes(const v1alpha1::TrafficTimeouts& from, Traffic& to) {
  if (from.has_connect()) to.backend.connect_timeout = manifest::FromProto(from.connect());
  if (from.has_request()) {
    to.times.request = manifest::FromProto(from.request());
    to.times_are_asked = true;
  }
  if (from.has_backend_request()) {
    to.times.each_try = manifest::FromProto(from.backend_request());
  }
  if (from.has_stream_idle()) to.times.stream_idle = manifest::FromProto(from.stream_idle());
}

void ApplyPool(const v1alpha1::ConnectionPool& from, ir::BackendTraffic& to) {
  if (from.has_idle_timeout()) to.idle_timeout = manifest::FromProto(from.idle_timeout());
  if (from.has_max_requests_per_connection()) {
    to.max_requests_per_connection = from.max_requests_per_connection();
  }
  if (from.has_max_age()) to.max_connection_age = manifest::FromProto(from.max_age());
  if (!from.has_tcp_keepalive()) return;
  const v1alpha1::TCPKeepalive& keepalive = from.tcp_keepalive();
  if (!to.keepalive) to.keepalive.emplace();
  if (keepalive.has_probes()) to.keepalive->probes = keepalive.probes();
  if (keepalive.has_idle()) to.keepalive->idle_seconds = keepalive.idle().seconds();
  if (keepalive.has_interval()) to.keepalive->interval_seconds = keepalive.interval().seconds();
}

void ApplyBalancing(const v1alpha1::LoadBalancing& from, ir::BackendTraffic& to) {
  using Balancing = ir::BackendTraffic::Balancing;
  if (from.type() == "RoundRobin") to.balancing = Balancing::kRoundRobin;
  if (from.type() == "LeastRequest") to.balancing = Balancing::kLeastRequest;
  if (from.least_request().has_choices()) to.least_request_choices = from.least_request().choices();
}

void ApplyLimits(const v1alpha1::ConnectionLimits& from, ir::BackendTraffic& to) {
  if (from.has_max_connections()) to.max_connections = from.max_connections();
  if (from.has_max_pending_requests()) to.max_pending_requests = from.max_pending_requests();
  if (from.has_max_requests()) to.max_requests = from.max_requests();
  if (from.has_max_retries()) to.max_retries = from.max_retries();
}

void ApplyHttp(const v1alpha1::UpstreamHTTP& from, ir::BackendTraffic& to) {
  using Version = ir::BackendTraffic::Version;
  if (from.version() == "Auto") to.version = Version::kAuto;
  if (from.version() == "HTTP1") to.version = Version::kHttp1;
  if (from.version() == "HTTP2") to.version = Version::kHttp2;
  if (from.http2().has_max_concurrent_streams()) {
    to.http2_max_streams = from.http2().max_concurrent_streams();
  }
}

ir::Retry ToIr(const v1alpha1::RetryPolicy& from) {
  ir::Retry retry;
  retry.attempts = from.has_attempts() ? from.attempts() : 1;
  retry.retry_on = {from.retry_on().begin(), from.retry_on().end()};
  if (retry.retry_on.empty()) retry.retry_on = {"ConnectFailure", "RefusedStream"};
  retry.status_codes = {from.status_codes().begin(), from.status_codes().end()};
  if (from.backoff().has_base()) retry.backoff_base = manifest::FromProto(from.backoff().base());
  if (from.backoff().has_max()) retry.backoff_max = manifest::FromProto(from.backoff().max());
  return retry;
}

void Apply(const TrafficPolicySpec& spec, Traffic& traffic) {
  ApplyTimes(spec.timeouts(), traffic);
  if (spec.has_load_balancing()) ApplyBalancing(spec.load_balancing(), traffic.backend);
  if (spec.has_retry()) traffic.retry = ToIr(spec.retry());
  if (spec.has_limits()) ApplyLimits(spec.limits(), traffic.backend);
  if (spec.has_connection_pool()) ApplyPool(spec.connection_pool(), traffic.backend);
  if (spec.has_http()) ApplyHttp(spec.http(), traffic.backend);
}

void ApplyFor(Facts& facts, const manifest::ObjectKey& target, std::string_view section,
              std::string_view variant, Traffic& traffic) {
  const auto* policy = facts.FindPolicy<TrafficPolicy>(target, section);
  if (policy == nullptr) return;
  const ir::BackendTraffic before = traffic.backend;
  Apply(policy->spec(), traffic);
  if (!(traffic.backend == before) && !variant.empty()) traffic.variant = variant;
}

}  // namespace

Traffic ResolveTraffic(Facts& facts, const TrafficPath& path) {
  Traffic traffic;
  const std::string route =
      absl::StrCat("@", path.route.kind, "/", path.route.ns, "/", path.route.name);
  ApplyFor(facts, path.gateway, "", "", traffic);
  ApplyFor(facts, path.route, "", route, traffic);
  if (!path.rule.empty()) {
    ApplyFor(facts, path.route, path.rule, absl::StrCat(route, "/", path.rule), traffic);
  }
  ApplyFor(facts, path.backend, "", "", traffic);
  if (!path.backend_section.empty()) {
    ApplyFor(facts, path.backend, path.backend_section, "", traffic);
  }
  return traffic;
}

}  // namespace sluice::resolve
