// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "dataplane/filters/chain/filter.h"
#include "dataplane/filters/chain/filter_worker_fake.h"
#include "dataplane/filters/chain/side_call_fake.h"

namespace sluice::filters {

// A LocalReply, copied.
struct FakeReply {
  uint16_t status = 0;
  std::string detail;
  std::string message;
  std::multimap<std::string, std::string> headers;
  std::string body;
};

// A FakeFilterHost is an exchange of one filter: a request and a response to fill in, and a record
// of what the filter did. Replies are copied, since their views may die with the call.
//
// Thread:   one.
// Lifetime: outlives the filter.
class FakeFilterHost final : public FilterHost {
 public:
  FakeFilterHost() : request_(arena_), response_(arena_) {
    request_.method = "GET";
    request_.scheme = "https";
    request_.authority = "api.example";
    request_.path = "/";
    response_.status = 200;
    downstream_.remote_address = "192.0.2.9:40000";
    downstream_.remote_ip = "192.0.2.9";
    downstream_.local_address = "198.51.100.1:443";
    downstream_.local_port = 443;
    info_.downstream = &downstream_;
    info_.client_address = downstream_.remote_ip;
  }

  http::RequestHead& request() override { return request_; }
  http::ResponseHead* response() override { return &response_; }
  http::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  int64_t now_ns() const override { return now_ns_; }
  FakeFilterWorker& worker() override { return worker_; }
  const config::Route* route() const override { return route_; }
  void ClearRoute() override { ++routes_cleared_; }
  const config::FilterConfig* RouteConfig() const override { return route_config_; }
  FakeSideCalls& side_calls() override { return side_calls_; }
  void Continue() override { ++continued_; }
  void Reply(const LocalReply& reply) override {
    reply_.emplace();
    reply_->status = reply.status;
    reply_->detail = reply.detail;
    reply_->message = reply.message;
    reply_->body = reply.body;
    if (reply.headers == nullptr) return;
    for (const http::HeaderMap::Field& field : *reply.headers) {
      reply_->headers.emplace(field.name, field.value);
    }
  }

  void set_route_config(const config::FilterConfig* config) { route_config_ = config; }
  void set_route(const config::Route* route) { route_ = route; }
  void set_now_ns(int64_t now_ns) { now_ns_ = now_ns; }

  http::DownstreamInfo& downstream() { return downstream_; }

  // What the filter answered with; empty if it did not.
  const std::optional<FakeReply>& reply() const { return reply_; }
  int continued() const { return continued_; }
  int routes_cleared() const { return routes_cleared_; }

 private:
  base::Arena arena_;
  FakeSideCalls side_calls_;
  http::RequestHead request_;
  http::ResponseHead response_;
  http::DownstreamInfo downstream_;
  http::StreamInfo info_;
  FakeFilterWorker worker_;
  int64_t now_ns_ = 0;
  const config::Route* route_ = nullptr;
  const config::FilterConfig* route_config_ = nullptr;
  std::optional<FakeReply> reply_;
  int continued_ = 0;
  int routes_cleared_ = 0;
};

}  // namespace sluice::filters
