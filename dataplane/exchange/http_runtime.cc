// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/http_runtime.h"

#include <utility>

#include "dataplane/exchange/exchange.h"

namespace sluice::exchange {
namespace {

telemetry::Labels ListenerLabel(std::string_view listener) {
  return {{"listener", std::string(listener)}};
}

}  // namespace

ListenerMetrics::ListenerMetrics(telemetry::StatsShard& shard, std::string_view listener)
    : requests(shard.GetCounter("downstream_requests_total", ListenerLabel(listener))),
      active_requests(shard.GetGauge("downstream_requests_active", ListenerLabel(listener))),
      duration(shard.GetHistogram("downstream_request_duration_seconds", ListenerLabel(listener))),
      bad_requests(shard.GetCounter("downstream_bad_requests_total", ListenerLabel(listener))),
      bytes_in(shard.GetCounter("downstream_request_body_bytes_total", ListenerLabel(listener))),
      bytes_out(shard.GetCounter("downstream_response_body_bytes_total", ListenerLabel(listener))),
      received_bytes(shard.GetCounter("downstream_cx_rx_bytes_total", ListenerLabel(listener))),
      sent_bytes(shard.GetCounter("downstream_cx_tx_bytes_total", ListenerLabel(listener))) {
  static constexpr const char* kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (int i = 0; i < 6; ++i) {
    telemetry::Labels labels = ListenerLabel(listener);
    labels.push_back({"code_class", kClasses[i]});
    by_class[i] = &shard.GetCounter("downstream_responses_total", labels);
  }
}

HttpRuntime* HttpRuntime::New(const Services& services,
                              std::shared_ptr<const config::HttpConnection> config,
                              std::vector<std::shared_ptr<telemetry::AccessLogger>> loggers,
                              ListenerMetrics& metrics) {
  return new HttpRuntime(services, std::move(config), std::move(loggers), metrics);
}

HttpRuntime::HttpRuntime(const Services& services,
                         std::shared_ptr<const config::HttpConnection> config,
                         std::vector<std::shared_ptr<telemetry::AccessLogger>> loggers,
                         ListenerMetrics& metrics)
    : services_(services),
      config_(std::move(config)),
      loggers_(std::move(loggers)),
      metrics_(metrics) {}

http::RequestSink& HttpRuntime::BeginExchange(http::ServerStream& stream,
                                              const http::DownstreamInfo& downstream) {
  // Owns itself until EndExchange or OnReset hands it to the loop for deletion.
  return *new Exchange(*this, stream, downstream);
}

void HttpRuntime::EndExchange(http::RequestSink& sink) {
  static_cast<Exchange&>(sink).OnStreamComplete();
}

void HttpRuntime::OnBadRequest(uint16_t status, const http::StreamError& error,
                               std::string_view raw, const http::DownstreamInfo& downstream) {
  metrics_.requests.Add();
  metrics_.bad_requests.Add();
  metrics_.by_class[status / 100]->Add();
  http::StreamInfo info;
  info.downstream = &downstream;
  info.client_address = downstream.remote_ip;
  info.start_wall_ns = services_.loop.clock().WallNs();
  info.start_ns = info.complete_ns = services_.loop.now_ns();
  info.status = status;
  info.detail = error.detail;
  info.flags.Add(http::ResponseFlag::kDownstreamProtocolError);
  info.original_path = raw;
  Log({info});
}

const RoutePlan& HttpRuntime::PlanFor(const router::RouteChoice& choice,
                                      const config::WeightedCluster* weighted) {
  if (weighted != nullptr && weighted->overrides.empty()) weighted = nullptr;
  const void* key = weighted != nullptr       ? static_cast<const void*>(weighted)
                    : choice.route != nullptr ? static_cast<const void*>(choice.route)
                                              : static_cast<const void*>(choice.virtual_host);
  std::unique_ptr<const RoutePlan>& plan = plans_[key];
  if (plan == nullptr) plan = std::make_unique<const RoutePlan>(*config_, choice, weighted);
  return *plan;
}

void HttpRuntime::Log(const telemetry::LogEntry& entry) {
  for (const std::shared_ptr<telemetry::AccessLogger>& logger : loggers_) logger->Log(entry);
}

}  // namespace sluice::exchange
