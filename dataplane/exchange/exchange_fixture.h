// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/exchange/cluster_side_calls.h"
#include "dataplane/exchange/http_runtime.h"
#include "dataplane/exchange/scripted_filter.h"
#include "dataplane/filters/chain/filter_worker_fake.h"
#include "dataplane/http/codec_fake.h"
#include "dataplane/router/router.h"
#include "dataplane/upstream/fake_upstream.h"
#include "dataplane/upstream/fixture.h"

namespace sluice::exchange {

// A FakeClient is one request as its codec would play it.
//
// Lifetime: the runtime outlives it.
class FakeClient {
 public:
  FakeClient(HttpRuntime& runtime, const http::DownstreamInfo& downstream)
      : runtime_(runtime), downstream_(downstream) {
    head.method = "GET";
    head.scheme = "http";
    head.authority = "a.example";
    head.path = "/x";
  }

  void Begin(bool end_stream) {
    request_ended_ = end_stream;
    sink_ = &runtime_.BeginExchange(stream, downstream_);
    sink_->OnRequest(head, end_stream);
  }
  void Data(std::string_view bytes, bool end_stream) {
    request_ended_ = end_stream;
    base::Buffer data;
    data.AppendCopy(bytes);
    sink_->OnData(data, end_stream);
  }
  void Trailers(http::HeaderMap& trailers) {
    request_ended_ = true;
    sink_->OnTrailers(trailers);
  }
  void CanSend() {
    stream.full = false;
    sink_->OnCanSend();
  }
  void Leave(http::ErrorKind kind = http::ErrorKind::kConnectionClosed) {
    over_ = true;
    sink_->OnReset({kind, http::Side::kDownstream, http::Retry::kNever, "client-left"});
  }
  // A codec says that a stream is complete when both directions are, outside of the sink's calls.
  void MaybeComplete() {
    if (sink_ == nullptr || over_ || stream.reset.has_value()) return;
    if (!stream.ended || !request_ended_) return;
    over_ = true;
    runtime_.EndExchange(*sink_);
  }
  bool over() const { return over_ || stream.reset.has_value(); }

  base::Arena arena;
  http::RequestHead head{arena};
  http::FakeServerStream stream;

 private:
  HttpRuntime& runtime_;
  const http::DownstreamInfo& downstream_;
  http::RequestSink* sink_ = nullptr;
  bool request_ended_ = false;
  bool over_ = false;
};

// What tests of exchanges stand on: one route to one cluster with one server on loopback, filters
// that the test writes, and an access log.
class ExchangeFixture : public upstream::ClusterFixture {
 protected:
  ExchangeFixture() {
    downstream_.remote_ip = "192.0.2.9";
    downstream_.listener = "l";
    route_.name = "r";
    route_.action = config::Forward{.clusters = {{.cluster = "c", .weight = 1}}};
    http_.generate_request_id = false;
    log_path_ = testing::TempDir() + "/" +
                testing::UnitTest::GetInstance()->current_test_info()->name() + ".log";
    std::remove(log_path_.c_str());
    Serve({server_.port()});
  }
  ~ExchangeFixture() override {
    for (auto& client : clients_) {
      if (!client->over()) client->Leave();
    }
    Settle();
    if (runtime_ != nullptr) runtime_->Unref();
    loop_.RunOnce();
    EXPECT_EQ(stats_.GetGauge("downstream_requests_active", {{"listener", "l"}}).value(), 0);
  }

  config::Forward& forward() { return std::get<config::Forward>(route_.action); }
  config::RetryPolicy& RetryOn(uint32_t conditions) {
    forward().retry.on = conditions;
    return forward().retry;
  }
  upstream::Cluster& Serve(const std::vector<uint16_t>& ports) {
    return Publish(cluster_config_, ports);
  }

  FilterScript& AddFilter(std::string name, std::string type = "test.shape") {
    auto script = std::make_shared<FilterScript>();
    script->name = name;
    script->alive = &alive_;
    FilterScript& made = *script;
    http_.filters.push_back({.name = name, .type = std::move(type), .config = std::move(script)});
    return made;
  }

  // Builds the runtime from what the test has set, at the first client.
  HttpRuntime& Runtime() {
    if (runtime_ != nullptr) return *runtime_;
    virtual_host_.name = "v";
    virtual_host_.domains = {"*"};
    virtual_host_.routes = {route_};
    auto router = router::Router::Build({.name = "t", .virtual_hosts = {virtual_host_}});
    EXPECT_TRUE(router.ok()) << router.status();
    if (has_router_) http_.router = *router;
    auto log = std::make_shared<config::AccessLog>();
    log->sink = config::AccessLog::Sink::kFile;
    log->path = log_path_;
    log->text = log_format_ + "\n";
    logger_ = std::make_shared<telemetry::AccessLogger>(log, *telemetry::LogFormat::Compile(*log),
                                                        *log_files_.Open(*log));
    metrics_ = std::make_unique<ListenerMetrics>(stats_, "l");
    runtime_ = HttpRuntime::New(services_, std::make_shared<const config::HttpConnection>(http_),
                                {logger_}, *metrics_);
    return *runtime_;
  }
  FakeClient& Client() {
    clients_.push_back(std::make_unique<FakeClient>(Runtime(), downstream_));
    return *clients_.back();
  }
  FakeClient& Get() {
    FakeClient& client = Client();
    client.Begin(true);
    return client;
  }
  FakeClient& Post(http::Framing framing = {http::Framing::Kind::kStreamed, 0}) {
    FakeClient& client = Client();
    client.head.method = "POST";
    client.head.framing = framing;
    client.Begin(false);
    return client;
  }

  void Settle() {
    for (int i = 0; i < 50; ++i) Turn();
  }
  void Turn() {
    loop_.RunOnce();
    for (auto& client : clients_) client->MaybeComplete();
  }
  void AdvanceMs(int64_t ms) {
    clock_.AdvanceMs(ms);
    Settle();
  }
  template <typename Done>
  [[nodiscard]] bool Until(Done done) {
    return RunUntil([&] {
      for (auto& client : clients_) client->MaybeComplete();
      return done();
    });
  }
  // Waits until the server's `peer`-th connection has received something that ends so.
  [[nodiscard]] bool Arrives(size_t peer = 0, std::string_view end = "\r\n\r\n") {
    return Until(
        [&] { return server_.accepted() > peer && server_.peer(peer).received().ends_with(end); });
  }
  bool Contains(std::string_view text, size_t peer = 0) {
    return server_.peer(peer).received().find(text) != std::string::npos;
  }
  [[nodiscard]] bool Over(FakeClient& client) {
    return Until([&] { return client.over(); });
  }
  [[nodiscard]] bool Answers(FakeClient& client, size_t peer = 0) {
    if (!Arrives(peer)) return false;
    server_.peer(peer).Forget();
    server_.peer(peer).Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    return Over(client) && client.stream.status == 200;
  }

  // All that was logged, lines joined by "|".
  std::string Log() {
    Settle();
    if (logger_ != nullptr) logger_->Flush();
    std::ifstream file(log_path_);
    std::string all, line;
    while (std::getline(file, line)) all += (all.empty() ? "" : "|") + line;
    return all;
  }

  upstream::FakeUpstream server_{loop_};
  config::Cluster cluster_config_ = Named("c");
  http::DownstreamInfo downstream_;
  config::HttpConnection http_;
  config::VirtualHost virtual_host_;
  config::Route route_;
  bool has_router_ = true;
  std::vector<ScriptedFilter*> alive_;
  std::string log_path_;
  std::string log_format_ = "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%";
  telemetry::LogFiles log_files_;
  Random random_{11};
  ClusterSideCalls side_calls_{loop_, clusters_, random_};
  filters::FakeFilterWorker filter_worker_;
  const Services services_{loop_, clusters_, random_, side_calls_, filter_worker_};
  std::shared_ptr<telemetry::AccessLogger> logger_;
  std::unique_ptr<ListenerMetrics> metrics_;
  HttpRuntime* runtime_ = nullptr;
  std::vector<std::unique_ptr<FakeClient>> clients_;
};

}  // namespace sluice::exchange
