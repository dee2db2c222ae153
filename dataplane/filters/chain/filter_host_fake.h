// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "dataplane/filters/chain/filter.h"

namespace sluice::filters {

// A LocalReply, copied.
struct FakeReply {
  uint16_t status = 0;
  std::string detail;
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
  }

  http::RequestHead& request() override { return request_; }
  http::ResponseHead* response() override { return &response_; }
  http::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  int64_t now_ns() const override { return now_ns_; }
  const config::Route* route() const override { return route_; }
  void ClearRoute() override { ++routes_cleared_; }
  const config::FilterConfig* RouteConfig() const override { return route_config_; }
  void Continue() override { ++continued_; }
  void Reply(const LocalReply& reply) override {
    reply_.emplace();
    reply_->status = reply.status;
    reply_->detail = reply.detail;
    reply_->body = reply.body;
    if (reply.headers == nullptr) return;
    for (const http::HeaderMap::Field& field : *reply.headers) {
      reply_->headers.emplace(field.name, field.value);
    }
  }

  void set_route_config(const config::FilterConfig* config) { route_config_ = config; }
  void set_route(const config::Route* route) { route_ = route; }
  void set_now_ns(int64_t now_ns) { now_ns_ = now_ns; }

  // What the filter answered with; empty if it did not.
  const std::optional<FakeReply>& reply() const { return reply_; }
  int continued() const { return continued_; }
  int routes_cleared() const { return routes_cleared_; }

 private:
  base::Arena arena_;
  http::RequestHead request_;
  http::ResponseHead response_;
  http::StreamInfo info_;
  int64_t now_ns_ = 0;
  const config::Route* route_ = nullptr;
  const config::FilterConfig* route_config_ = nullptr;
  std::optional<FakeReply> reply_;
  int continued_ = 0;
  int routes_cleared_ = 0;
};

}  // namespace sluice::filters
