// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/arena.h"
#include "dataplane/telemetry/log_entry.h"

namespace sluice::telemetry {

// An exchange with every fact known, for tests to read or to take facts from.
struct SampleEntry {
  SampleEntry() {
    connection.remote_address = "192.0.2.7:40000";
    connection.remote_ip = "192.0.2.7";
    connection.local_address = "[2001:db8::1]:443";
    connection.local_port = 443;
    connection.connection_id = 42;
    connection.tls_version = "TLSv1.3";
    connection.tls_cipher = "TLS_AES_128_GCM_SHA256";
    connection.sni = "shop.example";
    connection.peer_subject = "CN=caller";
    info.downstream = &connection;
    info.client_address = "192.0.2.7";
    info.request_id = "0f1e";
    info.start_wall_ns = 1'700'000'000'123'456'789;  // 2023-11-14T22:13:20.123456789Z
    info.start_ns = 1'000'000'000;
    info.request_complete_ns = info.start_ns + 2'000'000;
    info.upstream_first_sent_ns = info.start_ns + 3'000'000;
    info.upstream_first_byte_ns = info.start_ns + 10'000'000;
    info.complete_ns = info.start_ns + 25'999'999;
    info.method = "GET";
    info.authority = "shop.example";
    info.original_path = "/old?q=1";
    info.version = http::Version::kHttp2;
    info.request_body_bytes = 11;
    info.response_body_bytes = 2222;
    info.request_head_bytes = 300;
    info.response_head_bytes = 400;
    info.status = 503;
    info.flags.Add(http::ResponseFlag::kUpstreamConnectionFailure);
    info.flags.Add(http::ResponseFlag::kUpstreamRetryLimitExceeded);
    info.detail = "via-upstream";
    info.virtual_host = "shop";
    info.route = "shop/checkout";
    info.cluster = "checkout";
    info.upstream_address = "10.0.0.5:8080";
    info.upstream_local_address = "10.0.0.1:50000";
    info.upstream_failure = "connect: Connection refused";
    info.upstream_protocol = "HTTP/1.1";
    info.attempts = 2;
    identity.consumer = "shop/alice";
    identity.method = "key";
    identity.subject = "alice";
    info.identity = &identity;
    info.decisions = &decision;
    request.method = "GET";
    request.scheme = "https";
    request.authority = "shop.example";
    request.path = "/new?q=1";
    request.headers.Add("user-agent", "curl/8");
    request.headers.Add("x-one", "first");
    request.headers.Add("x-one", "second");
    response.status = 503;
    response.headers.Add("content-type", "text/plain");
    trailers.Add("grpc-status", "14");
  }

  LogEntry entry() const { return {info, &request, &response, &trailers}; }

  http::Identity identity;
  http::PolicyDecision second{.outcome = http::PolicyOutcome::kWouldDeny,
                              .reason = "rbac-no-allow-rule"};
  http::PolicyDecision decision{
      .policy = "AuthPolicy/shop/p", .rule = "key", .reason = "identified", .next = &second};
  base::Arena arena;
  http::DownstreamInfo connection;
  http::StreamInfo info;
  http::RequestHead request{arena};
  http::ResponseHead response{arena};
  http::HeaderMap trailers;
};

}  // namespace sluice::telemetry
