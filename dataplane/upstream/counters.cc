// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/counters.h"

#include "absl/strings/str_cat.h"

namespace sluice::upstream {

Counters::Counters(telemetry::StatsShard& shard, const std::string& cluster)
    : requests(shard.GetCounter("upstream_requests_total", {{"cluster", cluster}})),
      requests_active(shard.GetGauge("upstream_requests_active", {{"cluster", cluster}})),
      request_overflow(
          shard.GetCounter("upstream_request_overflows_total", {{"cluster", cluster}})),
      pending_overflow(
          shard.GetCounter("upstream_pending_overflows_total", {{"cluster", cluster}})),
      retries(shard.GetCounter("upstream_retries_total", {{"cluster", cluster}})),
      retry_overflow(shard.GetCounter("upstream_retry_overflows_total", {{"cluster", cluster}})),
      no_healthy_host(shard.GetCounter("upstream_no_healthy_host_total", {{"cluster", cluster}})),
      connections(shard.GetCounter("upstream_connections_total", {{"cluster", cluster}})),
      connections_active(shard.GetGauge("upstream_connections_active", {{"cluster", cluster}})),
      connection_overflow(
          shard.GetCounter("upstream_connection_overflows_total", {{"cluster", cluster}})),
      connect_failures(shard.GetCounter("upstream_connect_failures_total", {{"cluster", cluster}})),
      connect_timeouts(shard.GetCounter("upstream_connect_timeouts_total", {{"cluster", cluster}})),
      received_bytes(shard.GetCounter("upstream_cx_rx_bytes_total", {{"cluster", cluster}})),
      sent_bytes(shard.GetCounter("upstream_cx_tx_bytes_total", {{"cluster", cluster}})),
      request_duration(
          shard.GetHistogram("upstream_request_duration_seconds", {{"cluster", cluster}})) {
  for (size_t i = 0; i < responses.size(); ++i) {
    const std::string code_class = i == 0 ? "none" : absl::StrCat(i, "xx");
    responses[i] = &shard.GetCounter("upstream_responses_total",
                                     {{"cluster", cluster}, {"code_class", code_class}});
  }
}

}  // namespace sluice::upstream
