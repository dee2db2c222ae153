// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "dataplane/telemetry/stats.h"

namespace sluice::upstream {

// A cluster's metrics on one worker, looked up when the cluster is first used.
//
// Lifetime: the shard outlives it.
struct Counters {
  Counters(telemetry::StatsShard& shard, const std::string& cluster);

  // Counts the status of one answer.
  void CountStatus(uint16_t status) { responses[status / 100 % 6]->Add(); }

  telemetry::Counter& requests;
  telemetry::Gauge& requests_active;
  telemetry::Counter& request_overflow;
  telemetry::Counter& pending_overflow;
  telemetry::Counter& retries;
  telemetry::Counter& retry_overflow;
  telemetry::Counter& no_healthy_host;
  telemetry::Counter& connections;
  telemetry::Gauge& connections_active;
  telemetry::Counter& connection_overflow;
  telemetry::Counter& connect_failures;
  telemetry::Counter& connect_timeouts;
  telemetry::Counter& received_bytes;  // As HTTP, without TLS and below.
  telemetry::Counter& sent_bytes;
  telemetry::Histogram& request_duration;
  std::array<telemetry::Counter*, 6> responses;  // By status class; 0 is what is none.
};

}  // namespace sluice::upstream
