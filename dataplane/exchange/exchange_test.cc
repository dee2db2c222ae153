// SPDX-License-Identifier: Apache-2.0
//
// Exchanges between a fake client codec and servers on loopback: routes, answers of our own,
// bodies. Times are in exchange_times_test.cc, tunnels in upgrade_test.cc.
#include <string>
#include <string_view>

#include "dataplane/exchange/exchange_fixture.h"
#include "dataplane/exchange/upstream_call.h"

namespace sluice::exchange {
namespace {

using filters::Verdict;

class ExchangeTest : public ExchangeFixture {};

TEST_F(ExchangeTest, ARequestGoesToItsClusterAndBack) {
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  EXPECT_EQ(server_.peer(0).received(),
            "GET /x HTTP/1.1\r\nhost: a.example\r\nx-forwarded-for: 192.0.2.9\r\n"
            "x-forwarded-proto: http\r\n\r\n");
  ASSERT_TRUE(Answers(client));
  EXPECT_EQ(client.stream.body, "ok");
  EXPECT_EQ(client.stream.Field("server"), "sluice");
  EXPECT_NE(client.stream.Field("date"), "");
  EXPECT_EQ(Log(), "200 - via-upstream");
}

TEST_F(ExchangeTest, NoRouteIs404) {
  route_.match.path = {config::PathMatch::Kind::kExact, "/other"};
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 404);
  EXPECT_NE(client.stream.body.find("route-not-found"), std::string::npos);
  EXPECT_EQ(Log(), "404 NR route-not-found");
}

TEST_F(ExchangeTest, BeforeRoutesAreKnownEverythingIs404) {
  has_router_ = false;
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 404);
  EXPECT_EQ(Log(), "404 NR route-not-found");
}

TEST_F(ExchangeTest, AnUnknownClusterIs503) {
  forward().clusters[0].cluster = "none";
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 503);
  EXPECT_EQ(Log(), "503 NC cluster-not-found");
}

TEST_F(ExchangeTest, ConnectIsNotAllowed) {
  FakeClient& client = Client();
  client.head.method = "CONNECT";
  client.head.path = "";
  client.Begin(true);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 405);
  EXPECT_EQ(client.stream.fields.count("allow"), 1u);
  EXPECT_EQ(client.stream.Field("content-type"), "application/problem+json");
  EXPECT_EQ(Log(), "405 - connect-not-allowed");
}

// RFC 8441, on a listener whose codec speaks it.
TEST_F(ExchangeTest, ExtendedConnectIsNotAllowedEither) {
  FakeClient& client = Client();
  client.head.method = "CONNECT";
  client.head.version = http::Version::kHttp2;
  client.head.upgrade = "websocket";
  client.Begin(false);
  ASSERT_TRUE(Until([&] { return client.stream.ended; }));
  EXPECT_EQ(client.stream.status, 405);
  EXPECT_EQ(client.stream.Field("content-type"), "application/problem+json");
  EXPECT_EQ(server_.accepted(), 0u);
  client.Data("", true);
}

TEST_F(ExchangeTest, WithoutEndpointsItIs503Uh) {
  Serve({});
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 503);
  EXPECT_EQ(Log(), "503 UH no-healthy-upstream");
}

TEST_F(ExchangeTest, ARefusedConnectionIs503Uf) {
  server_.StopListening();
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 503);
  EXPECT_EQ(Log(), "503 UF upstream-connect-failure");
}

TEST_F(ExchangeTest, GarbageIs502) {
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("SSH-2.0-x\r\n\r\n");
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 502);
  EXPECT_EQ(Log(), "502 UPE upstream-protocol-error");
}

TEST_F(ExchangeTest, AnUpstreamThatClosesIs503Uc) {
  FakeClient& client = Post();
  client.Data("x", true);
  ASSERT_TRUE(Arrives(0, "0\r\n\r\n"));
  server_.peer(0).Finish();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 503);
  EXPECT_EQ(Log(), "503 UC upstream-closed");
}

TEST_F(ExchangeTest, AnUpstreamThatClosesMidBodyResetsTheClient) {
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  server_.peer(0).Finish();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.body, "half");
  EXPECT_TRUE(client.stream.reset.has_value());
  EXPECT_EQ(Log(), "200 UC upstream-closed-mid-body");
}

// ---- Bodies -------------------------------------------------------------------------------------

TEST_F(ExchangeTest, ABodyAnnouncedTooLargeIs413) {
  route_.max_request_body_bytes = 5;
  FakeClient& client = Post({http::Framing::Kind::kLength, 6});
  client.Data("123456", true);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 413);
  EXPECT_EQ(Log(), "413 - request-body-too-large");
  EXPECT_EQ(server_.accepted(), 0u);
}

TEST_F(ExchangeTest, ABodyThatGrowsTooLargeIs413AndTheRestIsDropped) {
  http_.max_request_body_bytes = 5;
  FakeClient& client = Post();
  client.Data("12345", false);
  ASSERT_TRUE(Arrives(0, "12345\r\n"));
  client.Data("6", false);
  EXPECT_EQ(client.stream.status, 413);
  EXPECT_TRUE(client.stream.ended);
  client.Data("789", false);
  client.Data("", true);
  ASSERT_TRUE(Over(client));
  EXPECT_FALSE(client.stream.reset.has_value());
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
  EXPECT_EQ(server_.peer(0).received().find("789"), std::string::npos);
  EXPECT_EQ(Log(), "413 - request-body-too-large");
}

TEST_F(ExchangeTest, ARefusalThatAFilterHoldsIsNotCutByMoreBody) {
  http_.max_request_body_bytes = 5;
  AddFilter("f").on = [](ScriptedFilter&, std::string_view event) {
    return event == "response" ? Verdict::kPause : Verdict::kContinue;
  };
  FakeClient& client = Post();
  client.Data("123456", false);
  client.Data("7", true);
  EXPECT_FALSE(client.stream.reset.has_value());
  alive_[0]->host().Continue();
  EXPECT_EQ(client.stream.status, 413);
}

// From the request's end to the answer's: what the client takes to send is not the upstream's.
TEST_F(ExchangeTest, TheUpstreamsTimeIsMeasured) {
  FakeClient& client = Post();
  ASSERT_TRUE(Arrives());
  AdvanceMs(400);
  client.Data("x", true);
  ASSERT_TRUE(Arrives(0, "0\r\n\r\n"));
  AdvanceMs(30);
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
  Settle();
  AdvanceMs(40);
  telemetry::Histogram& duration =
      stats_.GetHistogram("upstream_request_duration_seconds", {{"cluster", "c"}});
  EXPECT_EQ(duration.sum_us().value(), 0u);
  server_.peer(0).Send("ok");
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(duration.sum_us().value(), 70'000u);
}

TEST_F(ExchangeTest, BodiesAndTrailersGoBothWays) {
  FakeClient& client = Post();
  client.Data("ab", false);
  client.Data("cd", false);
  http::HeaderMap trailers;
  trailers.Add("x-t", "1");
  client.Trailers(trailers);
  ASSERT_TRUE(Arrives(0, "x-t: 1\r\n\r\n"));
  server_.peer(0).Send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\ny-t: 2\r\n\r\n");
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.body, "xyz");
  EXPECT_EQ(client.stream.trailers.find("y-t")->second, "2");
}

TEST_F(ExchangeTest, ASlowClientHoldsTheUpstreamBack) {
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  client.stream.full = true;
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc");
  ASSERT_TRUE(Until([&] { return client.stream.body == "abc"; }));
  server_.peer(0).Send("def");
  Settle();
  EXPECT_EQ(client.stream.body, "abc");
  client.CanSend();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.body, "abcdef");
}

TEST_F(ExchangeTest, AnUpstreamThatIsNotThereYetHoldsTheClientBack) {
  FakeClient& client = Post();
  client.Data(std::string(UpstreamCall::kMaxWaitingBytes + 1, 'x'), false);
  EXPECT_EQ(client.stream.pauses, 1);
  ASSERT_TRUE(Until([&] { return client.stream.pauses == 0; }));
  client.Data("end", true);
  ASSERT_TRUE(Arrives(0, "end\r\n0\r\n\r\n"));
}

TEST_F(ExchangeTest, AHeldClientIsLetGoWhenItIsAnswered) {
  server_.StopListening();
  FakeClient& client = Post();
  client.Data(std::string(UpstreamCall::kMaxWaitingBytes + 1, 'x'), false);
  EXPECT_EQ(client.stream.pauses, 1);
  ASSERT_TRUE(Until([&] { return client.stream.status == 503; }));
  EXPECT_EQ(client.stream.pauses, 0);
}

TEST_F(ExchangeTest, AnEarlyAnswerDoesNotEndTheRequest) {
  FakeClient& client = Post();
  client.Data("1", false);
  ASSERT_TRUE(Arrives(0, "1\r\n"));
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n");
  ASSERT_TRUE(Until([&] { return client.stream.body == "a"; }));
  client.Data("2", true);
  ASSERT_TRUE(Arrives(0, "1\r\n2\r\n0\r\n\r\n"));
  server_.peer(0).Send("0\r\n\r\n");
  ASSERT_TRUE(Over(client));
}

// As gRPC's streams do, with a filter in between that has no use for the body.
TEST_F(ExchangeTest, WithFiltersTooTheRequestGoesOnBehindAnEarlyAnswer) {
  AddFilter("f");
  FakeClient& client = Post();
  ASSERT_TRUE(Until([&] { return server_.accepted() == 1 && Contains("chunked"); }));
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n");
  ASSERT_TRUE(Until([&] { return client.stream.body == "a"; }));
  client.Data("late", false);
  ASSERT_TRUE(Arrives(0, "late\r\n"));
  http::HeaderMap trailers;
  trailers.Add("x-t", "1");
  client.Trailers(trailers);
  ASSERT_TRUE(Arrives(0, "x-t: 1\r\n\r\n"));
  server_.peer(0).Send("0\r\n\r\n");
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(Log(), "200 - via-upstream");
}

TEST_F(ExchangeTest, ACompleteAnswerGivesTheRestOfTheRequestUp) {
  FakeClient& client = Post();
  client.Data("1", false);
  ASSERT_TRUE(Arrives(0, "1\r\n"));
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  ASSERT_TRUE(Until([&] { return client.stream.ended; }));
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
  client.Data("never", true);
  ASSERT_TRUE(Over(client));
  EXPECT_FALSE(client.stream.reset.has_value());
  EXPECT_EQ(Log(), "200 - via-upstream");
}

// ---- 100, upgrades ------------------------------------------------------------------------------

TEST_F(ExchangeTest, TheClientIsToldToContinueByUsAndTheUpstreamIsNotAsked) {
  FakeClient& client = Client();
  client.head.method = "POST";
  client.head.expects_continue = true;
  client.head.framing = {http::Framing::Kind::kLength, 2};
  client.Begin(false);
  EXPECT_TRUE(client.stream.informational.empty());
  ASSERT_TRUE(Until([&] { return !client.stream.informational.empty(); }));
  client.Data("hi", true);
  ASSERT_TRUE(Arrives(0, "hi"));
  EXPECT_FALSE(Contains("expect"));
  server_.peer(0).Send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.informational, std::vector<uint16_t>{100});
}

TEST_F(ExchangeTest, The100MayBeLeftToTheUpstream) {
  http_.proxy_100_continue = true;
  FakeClient& client = Client();
  client.head.method = "POST";
  client.head.expects_continue = true;
  client.head.framing = {http::Framing::Kind::kLength, 2};
  client.Begin(false);
  ASSERT_TRUE(Arrives());
  EXPECT_TRUE(Contains("expect: 100-continue"));
  EXPECT_TRUE(client.stream.informational.empty());
  server_.peer(0).Send("HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(Until([&] { return !client.stream.informational.empty(); }));
}

TEST_F(ExchangeTest, A103PassesThrough) {
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n");
  ASSERT_TRUE(Until([&] { return !client.stream.informational.empty(); }));
  EXPECT_EQ(client.stream.informational[0], 103);
  ASSERT_TRUE(Answers(client));
}

// ---- Clients that leave -------------------------------------------------------------------------

TEST_F(ExchangeTest, AClientThatLeavesGivesTheUpstreamUp) {
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  client.Leave();
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
  EXPECT_EQ(Log(), "0 DC client-left");
}

TEST_F(ExchangeTest, AClientThatLeavesWithItsAnswerIsNotTheReasonForIt) {
  http_.request_timeout_ms = 1000;
  FakeClient& client = Post();
  AdvanceMs(1100);
  EXPECT_EQ(client.stream.status, 408);
  client.Leave();
  EXPECT_EQ(Log(), "408 - request-timeout");
}

TEST_F(ExchangeTest, AResetIsNotALostConnection) {
  FakeClient& client = Get();
  client.Leave(http::ErrorKind::kReset);
  EXPECT_EQ(Log(), "0 DR client-left");
}

TEST_F(ExchangeTest, AMalformedBodyIsLoggedAs400) {
  FakeClient& client = Post();
  client.Leave(http::ErrorKind::kProtocol);
  EXPECT_EQ(Log(), "400 DPE client-left");
}

TEST_F(ExchangeTest, TrailersThatAreTooLargeAreLoggedAs431) {
  FakeClient& client = Post();
  client.Leave(http::ErrorKind::kHeadersTooLarge);
  EXPECT_EQ(Log(), "431 DPE client-left");
}

TEST_F(ExchangeTest, AMalformedBodyOnHttp2GetsNoAnswerToLog) {
  FakeClient& client = Client();
  client.head.version = http::Version::kHttp2;
  client.head.method = "POST";
  client.head.framing = {http::Framing::Kind::kStreamed, 0};
  client.Begin(false);
  client.Leave(http::ErrorKind::kProtocol);
  EXPECT_EQ(Log(), "0 DPE client-left");
}

// The log speaks of the request's head, which goes with its stream.
TEST_F(ExchangeTest, WhatIsCutIsLoggedWithItsHead) {
  log_format_ = "%REQ(x-who)% %REQ(:PATH)% %RESPONSE_FLAGS%";
  FakeClient& client = Client();
  client.head.headers.Add("x-who", "me");
  client.Begin(true);
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  server_.peer(0).Finish();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(Log(), "me /x UC");
}

// ---- Answers of our own, rewrites ---------------------------------------------------------------

TEST_F(ExchangeTest, ADirectResponseIsItself) {
  route_.action = config::DirectResponse{.status = 202, .body = "hello"};
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 202);
  EXPECT_EQ(client.stream.body, "hello");
  EXPECT_EQ(client.stream.Field("content-type"), "text/plain");
  EXPECT_EQ(Log(), "202 - direct-response");
}

TEST_F(ExchangeTest, ARedirectRewritesThePath) {
  route_.match.path = {config::PathMatch::Kind::kPrefix, "/x"};
  route_.action = config::Redirect{.status = 302, .scheme = "https", .prefix_rewrite = "/new"};
  FakeClient& client = Client();
  client.head.path = "/x/y?q";
  client.Begin(true);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 302);
  EXPECT_EQ(client.stream.Field("location"), "https://a.example/new/y?q");
}

TEST_F(ExchangeTest, TheWayToTlsIsTheClientsOwnPath) {
  virtual_host_.require_tls = config::VirtualHost::RequireTls::kAll;
  route_.match.path = {config::PathMatch::Kind::kPrefix, "/x"};
  forward().prefix_rewrite = "/inside";
  FakeClient& client = Client();
  client.head.path = "/x/y";
  client.Begin(true);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.Field("location"), "https://a.example/x/y");
}

TEST_F(ExchangeTest, AHostOutOfAHeaderMustBeOne) {
  forward().host_rewrite_header = "x-host";
  forward().append_x_forwarded_host = true;
  for (const std::string_view host : {"b.example:81", "b.example/evil", "a, b"}) {
    FakeClient& client = Client();
    client.head.headers.Add("x-host", host);
    client.Begin(true);
    ASSERT_TRUE(Arrives());
    const bool good = host == "b.example:81";
    EXPECT_EQ(Contains("host: b.example:81\r\n"), good) << host;
    EXPECT_EQ(Contains("\r\nhost: a.example\r\n"), !good) << host;
    EXPECT_EQ(Contains("x-forwarded-host: a.example\r\n"), good) << host;
    ASSERT_TRUE(Answers(client));
  }
}

TEST_F(ExchangeTest, TheHostMayBeTheEndpoints) {
  forward().auto_host_rewrite = true;
  virtual_host_.include_attempt_count = true;
  config::ClusterEntry entry = Entry(cluster_config_, {});
  auto endpoints = std::make_shared<config::EndpointSet>();
  endpoints->endpoints = {EndpointAt(server_.port())};
  endpoints->endpoints[0].hostname = "backend.example";
  entry.endpoints = endpoints;
  snapshot_.clusters.Set("c", entry);
  clusters_.Apply(snapshot_);
  Get();
  ASSERT_TRUE(Arrives());
  EXPECT_TRUE(Contains("host: backend.example\r\n"));
  EXPECT_TRUE(Contains("x-envoy-attempt-count: 1\r\n"));
}

}  // namespace
}  // namespace sluice::exchange
