// SPDX-License-Identifier: Apache-2.0
//
// How long an exchange may take: the route's time, idle times, the request's time, the whole
// stream's.
#include <string>
#include <string_view>

#include "dataplane/exchange/date.h"
#include "dataplane/exchange/exchange_fixture.h"

namespace sluice::exchange {
namespace {

class ExchangeTimesTest : public ExchangeFixture {};

TEST_F(ExchangeTimesTest, AnUpstreamThatDoesNotAnswerIs504) {
  forward().timeout_ms = 1000;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  AdvanceMs(900);
  EXPECT_EQ(client.stream.status, 0);
  AdvanceMs(200);
  EXPECT_EQ(client.stream.status, 504);
  EXPECT_EQ(Log(), "504 UT upstream-timeout");
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
}

TEST_F(ExchangeTimesTest, TheRoutesTimeBeginsWhenTheRequestHasCome) {
  forward().timeout_ms = 1000;
  FakeClient& client = Post();
  AdvanceMs(5000);
  EXPECT_EQ(client.stream.status, 0);
  client.Data("x", true);
  AdvanceMs(1100);
  EXPECT_EQ(client.stream.status, 504);
}

TEST_F(ExchangeTimesTest, AnAnswerThatTakesTooLongIsCut) {
  forward().timeout_ms = 1000;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  ASSERT_TRUE(Until([&] { return client.stream.body == "half"; }));
  AdvanceMs(1100);
  EXPECT_TRUE(client.stream.reset.has_value());
  EXPECT_EQ(Log(), "200 UT upstream-request-timeout");
}

TEST_F(ExchangeTimesTest, AGrpcTimeoutIsKeptWithinTheRoutes) {
  forward().timeout_ms = 0;
  forward().grpc_timeout_header_max_ms = 1000;
  for (const std::string_view asked : {"100m", "5S", "0S"}) {
    FakeClient& client = Client();
    client.head.headers.Add(http::HeaderId::kGrpcTimeout, asked);
    client.Begin(true);
    Settle();
    AdvanceMs(110);
    EXPECT_EQ(client.stream.status, asked == "100m" ? 504 : 0) << asked;
    AdvanceMs(1000);
    EXPECT_EQ(client.stream.status, 504) << asked;
  }
}

TEST_F(ExchangeTimesTest, ABodyThatDoesNotComeIs408) {
  http_.stream_idle_timeout_ms = 1000;
  FakeClient& client = Post();
  for (int i = 0; i < 3; ++i) {
    AdvanceMs(900);
    client.Data("x", false);
  }
  EXPECT_EQ(client.stream.status, 0);
  AdvanceMs(1100);
  EXPECT_EQ(client.stream.status, 408);
  client.Leave();
  EXPECT_EQ(Log(), "408 SI stream-idle-timeout");
}

TEST_F(ExchangeTimesTest, ARoutesIdleTimeIsItsOwn) {
  http_.stream_idle_timeout_ms = 100'000;
  forward().idle_timeout_ms = 1000;
  forward().timeout_ms = 0;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  AdvanceMs(1100);
  EXPECT_EQ(client.stream.status, 504);
  EXPECT_EQ(Log(), "504 SI stream-idle-timeout");
}

TEST_F(ExchangeTimesTest, ARoutesIdleTimeHoldsWhereTheListenerHasNone) {
  http_.stream_idle_timeout_ms = 0;
  forward().idle_timeout_ms = 1000;
  forward().timeout_ms = 0;
  FakeClient& client = Get();
  AdvanceMs(1100);
  EXPECT_EQ(client.stream.status, 504);
}

TEST_F(ExchangeTimesTest, ARouteMayHaveNoIdleTime) {
  http_.stream_idle_timeout_ms = 1000;
  forward().idle_timeout_ms = 0;
  forward().timeout_ms = 0;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  AdvanceMs(5000);
  ASSERT_TRUE(Answers(client));
}

TEST_F(ExchangeTimesTest, AClientThatDoesNotReadIsReset) {
  http_.stream_flush_timeout_ms = 500;
  FakeClient& client = Post();
  ASSERT_TRUE(Until([&] { return server_.accepted() == 1 && Contains("chunked"); }));
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  ASSERT_TRUE(Until([&] { return client.stream.ended; }));
  AdvanceMs(600);
  EXPECT_TRUE(client.stream.reset.has_value());
}

TEST_F(ExchangeTimesTest, AStreamHasItsEnd) {
  http_.max_stream_duration_ms = 1000;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok");
  ASSERT_TRUE(Until([&] { return client.stream.body == "ok"; }));
  AdvanceMs(1100);
  EXPECT_TRUE(client.stream.reset.has_value());
  EXPECT_EQ(Log(), "200 DT max-stream-duration");
}

TEST_F(ExchangeTimesTest, ARequestMustComeWithinItsTime) {
  http_.request_timeout_ms = 1000;
  FakeClient& client = Post();
  for (int i = 0; i < 3; ++i) {
    AdvanceMs(300);
    client.Data("x", false);
  }
  AdvanceMs(200);
  EXPECT_EQ(client.stream.status, 408);
}

TEST_F(ExchangeTimesTest, ARequestThatIsBeingAnsweredMayTakeLonger) {
  http_.request_timeout_ms = 1000;
  FakeClient& client = Post();
  client.Data("1", false);
  ASSERT_TRUE(Arrives(0, "1\r\n"));
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n");
  ASSERT_TRUE(Until([&] { return client.stream.body == "a"; }));
  AdvanceMs(2000);
  EXPECT_FALSE(client.stream.reset.has_value());
  client.Data("2", true);
  ASSERT_TRUE(Arrives(0, "2\r\n0\r\n\r\n"));
  server_.peer(0).Send("0\r\n\r\n");
  ASSERT_TRUE(Over(client));
}

// RFC 9110 §6.6.1.
TEST_F(ExchangeTimesTest, TheDateIsTheAnswersNotTheRequests) {
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  const std::string asked_at(HttpDate(clock_.WallNs()));
  AdvanceMs(5000);
  ASSERT_TRUE(Answers(client));
  EXPECT_EQ(client.stream.Field("date"), HttpDate(clock_.WallNs()));
  EXPECT_NE(client.stream.Field("date"), asked_at);
}

TEST_F(ExchangeTimesTest, ARequestThatCameInTimeMayTakeLonger) {
  http_.request_timeout_ms = 1000;
  FakeClient& client = Post();
  client.Data("x", true);
  ASSERT_TRUE(Arrives(0, "0\r\n\r\n"));
  AdvanceMs(2000);
  ASSERT_TRUE(Answers(client));
}

}  // namespace
}  // namespace sluice::exchange
