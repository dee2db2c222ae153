// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dataplane/config/listener.h"
#include "dataplane/event/loop.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/exchange/route_plan.h"
#include "dataplane/filters/chain/filter_worker.h"
#include "dataplane/filters/chain/side_call.h"
#include "dataplane/http/request_handler.h"
#include "dataplane/telemetry/access_log.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/upstream/cluster_set.h"

namespace sluice::exchange {

// What every exchange of one worker uses.
struct Services {
  event::Loop& loop;
  upstream::ClusterSet& clusters;
  Random& random;
  filters::SideCalls& side_calls;
  filters::FilterWorker& filters;
};

// Metrics of one listener on one worker.
struct ListenerMetrics {
  ListenerMetrics(telemetry::StatsShard& shard, std::string_view listener);

  telemetry::Counter& requests;
  telemetry::Gauge& active_requests;
  telemetry::Counter* by_class[6];  // [1] is 1xx; [0] counts requests that got no answer.
  telemetry::Histogram& duration;
  telemetry::Counter& bad_requests;
  telemetry::Counter& bytes_in;
  telemetry::Counter& bytes_out;
  telemetry::Counter& received_bytes;  // As HTTP, without TLS and below.
  telemetry::Counter& sent_bytes;
};

// An HttpRuntime is one HttpConnection configuration at work on one worker: it begins exchanges,
// keeps the plans of the routes they take, and logs them. A change of configuration makes a new
// one; exchanges under way hold theirs.
//
// Thread:   its worker's only.
// Lifetime: counted without atomics: the filter chain holds one reference, each exchange another.
class HttpRuntime final : public http::RequestHandler {
 public:
  static HttpRuntime* New(const Services& services,
                          std::shared_ptr<const config::HttpConnection> config,
                          std::vector<std::shared_ptr<telemetry::AccessLogger>> loggers,
                          ListenerMetrics& metrics);
  void Ref() { ++refs_; }
  void Unref() {
    if (--refs_ == 0) delete this;
  }

  http::RequestSink& BeginExchange(http::ServerStream& stream,
                                   const http::DownstreamInfo& downstream) override;
  void EndExchange(http::RequestSink& sink) override;
  void OnBadRequest(uint16_t status, const http::StreamError& error, std::string_view raw,
                    const http::DownstreamInfo& downstream) override;
  void OnBytesMoved(uint64_t received, uint64_t sent) override {
    metrics_.received_bytes.Add(received);
    metrics_.sent_bytes.Add(sent);
  }

  const config::HttpConnection& config() const { return *config_; }
  const Services& services() const { return services_; }
  ListenerMetrics& metrics() { return metrics_; }

  // `weighted` is the cluster drawn on a route that forwards, or null.
  const RoutePlan& PlanFor(const router::RouteChoice& choice,
                           const config::WeightedCluster* weighted);
  void Log(const telemetry::LogEntry& entry);

 private:
  HttpRuntime(const Services& services, std::shared_ptr<const config::HttpConnection> config,
              std::vector<std::shared_ptr<telemetry::AccessLogger>> loggers,
              ListenerMetrics& metrics);
  ~HttpRuntime() = default;

  const Services services_;
  const std::shared_ptr<const config::HttpConnection> config_;
  const std::vector<std::shared_ptr<telemetry::AccessLogger>> loggers_;
  ListenerMetrics& metrics_;
  // By weighted cluster if it overrides filters, else by route; requests without one share the plan
  // of their virtual host, or of none.
  absl::flat_hash_map<const void*, std::unique_ptr<const RoutePlan>> plans_;
  uint32_t refs_ = 1;
};

}  // namespace sluice::exchange
