// SPDX-License-Identifier: Apache-2.0
//
// Attempts and retries of an exchange, between a fake client codec and servers on loopback.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/exchange/exchange_fixture.h"
#include "dataplane/exchange/upstream_call.h"

namespace sluice::exchange {
namespace {

using config::RetryPolicy;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr std::string_view k503 =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy";

class RetryingTest : public ExchangeFixture {
 protected:
  // A backoff is at most this.
  void AfterBackoff() { AdvanceMs(300); }

  // A connection that has served before.
  [[nodiscard]] bool Warm() {
    if (!Answers(Get())) return false;
    Settle();
    return true;
  }
  // As many at a time.
  [[nodiscard]] bool Warm(size_t count) {
    std::vector<FakeClient*> clients;
    for (size_t i = 0; i < count; ++i) clients.push_back(&Get());
    for (size_t i = 0; i < count; ++i) {
      if (!Arrives(i)) return false;
    }
    for (size_t i = 0; i < count; ++i) {
      server_.peer(i).Forget();
      server_.peer(i).Send(kOk);
    }
    for (FakeClient* client : clients) {
      if (!Over(*client)) return false;
    }
    Settle();
    return true;
  }
  void Fail(size_t peer, std::string_view answer = k503) {
    server_.peer(peer).Forget();
    server_.peer(peer).Send(answer);
  }
  // On whatever connection is the newest.
  [[nodiscard]] bool ArrivesLast(upstream::FakeUpstream& server) {
    return Until([&] {
      return server.accepted() > 0 &&
             server.peer(server.accepted() - 1).received().ends_with("\r\n\r\n");
    });
  }
  uint64_t Retries() { return CounterOf("upstream_retries_total", "c"); }
};

// ---- Without a policy ---------------------------------------------------------------------------

TEST_F(RetryingTest, AnIdempotentRequestOutlivesADeadPooledConnection) {
  ASSERT_TRUE(Warm());
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  server_.peer(0).Finish();
  // No time passes: there is nothing to wait for.
  ASSERT_TRUE(Answers(client, 1));
  EXPECT_EQ(Retries(), 0u);
}

// A server that went away has closed all of its connections: the last try must not be spent on one
// more of them.
TEST_F(RetryingTest, TheLastTryIsNotMadeOnAnIdleConnection) {
  ASSERT_TRUE(Warm(4));
  FakeClient& client = Get();
  for (uint32_t i = 0; i < ImplicitRetries{}.most; ++i) {
    size_t asked = 0;
    ASSERT_TRUE(Until([&] {
      for (asked = 0; asked < server_.accepted(); ++asked) {
        if (!server_.peer(asked).received().empty()) return true;
      }
      return false;
    }));
    ASSERT_LT(asked, 4u);
    server_.peer(asked).Forget();
    server_.peer(asked).Finish();
  }
  ASSERT_TRUE(Answers(client, 4));
  EXPECT_EQ(server_.accepted(), 5u);
}

TEST_F(RetryingTest, ImplicitTriesAreBounded) {
  ASSERT_TRUE(Warm(2));
  FakeClient& client = Get();
  ASSERT_TRUE(Until([&] { return !server_.peer(0).received().empty() || Contains("GET", 1); }));
  const size_t first = Contains("GET", 0) ? 0 : 1;
  server_.peer(first).Finish();
  ASSERT_TRUE(Until([&] { return Contains("GET", 1 - first); }));
  server_.peer(1 - first).Finish();
  ASSERT_TRUE(Until([&] { return server_.accepted() == 3 && Contains("GET", 2); }));
  server_.peer(2).Finish();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 503);
  EXPECT_EQ(server_.accepted(), 3u);
}

TEST_F(RetryingTest, AnotherMethodDoesNot) {
  ASSERT_TRUE(Warm());
  FakeClient& client = Post();
  client.Data("x", true);
  ASSERT_TRUE(Arrives(0, "0\r\n\r\n"));
  server_.peer(0).Finish();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 503);
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(RetryingTest, NorDoesARequestOnAFreshConnection) {
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  server_.peer(0).Finish();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 503);
}

// The server has closed, our kernel knows and we do not: the request is given to the connection,
// and the end of it is read before any of the request is written, for output leaves at a turn's
// end.
TEST_F(RetryingTest, WhatNeverLeftIsSentAgainWhateverItIs) {
  ASSERT_TRUE(Warm());
  ASSERT_TRUE(server_.peer(0).FinishAndWaitUntilHeard());
  FakeClient& client = Post();
  client.Data("x", true);
  ASSERT_TRUE(Arrives(1, "0\r\n\r\n"));
  server_.peer(1).Send(kOk);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 200);
  EXPECT_EQ(server_.peer(0).received(), "");
  EXPECT_EQ(server_.accepted(), 2u);
  EXPECT_EQ(Retries(), 0u);
}

// ---- By policy ----------------------------------------------------------------------------------

TEST_F(RetryingTest, AStatusIsTriedAgainAndOnlyTheLastAnswerIsSeen) {
  RetryOn(RetryPolicy::k5xx).max_retries = 2;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0);
  Settle();
  EXPECT_EQ(client.stream.heads, 0);
  AfterBackoff();
  const size_t next = server_.accepted() - 1;
  ASSERT_TRUE(Answers(client, next));
  EXPECT_EQ(client.stream.heads, 1);
  EXPECT_EQ(client.stream.body, "ok");
  EXPECT_EQ(Log(), "200 - via-upstream");
}

TEST_F(RetryingTest, WhenNoTryIsLeftTheLastAnswerPassesWithItsFlag) {
  RetryOn(RetryPolicy::k5xx).max_retries = 1;
  FakeClient& client = Get();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(ArrivesLast(server_));
    Fail(server_.accepted() - 1);
    Settle();
    AfterBackoff();
  }
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 503);
  EXPECT_EQ(client.stream.body, "busy");
  EXPECT_EQ(Log(), "503 URX via-upstream");
}

TEST_F(RetryingTest, TheClustersBudgetStandsAgainstRetries) {
  cluster_config_.circuit_breaker.max_retries = 0;
  Serve({server_.port()});
  RetryOn(RetryPolicy::k5xx);
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(Log(), "503 URX via-upstream");
}

TEST_F(RetryingTest, ARetryGivesItsPlaceBack) {
  cluster_config_.circuit_breaker.max_retries = 1;
  Serve({server_.port()});
  RetryOn(RetryPolicy::k5xx);
  for (int i = 0; i < 3; ++i) {
    FakeClient& client = Get();
    ASSERT_TRUE(ArrivesLast(server_));
    Fail(server_.accepted() - 1);
    Settle();
    AfterBackoff();
    ASSERT_TRUE(Answers(client, server_.accepted() - 1)) << i;
    Settle();
  }
  EXPECT_EQ(Retries(), 3u);
}

TEST_F(RetryingTest, ARetryAvoidsTheEndpointThatFailed) {
  upstream::FakeUpstream other(loop_);
  RetryOn(RetryPolicy::k5xx).max_retries = 1;
  Serve({server_.port(), other.port()});
  for (int i = 0; i < 6; ++i) {
    FakeClient& client = Get();
    const auto asked = [](upstream::FakeUpstream& server) {
      return server.accepted() > 0 &&
             server.peer(server.accepted() - 1).received().ends_with("\r\n\r\n");
    };
    ASSERT_TRUE(Until([&] { return asked(server_) || asked(other); }));
    upstream::FakeUpstream& from = asked(server_) ? server_ : other;
    upstream::FakeUpstream& to = asked(server_) ? other : server_;
    from.peer(from.accepted() - 1).Forget();
    from.peer(from.accepted() - 1).Send(k503);
    Settle();
    AfterBackoff();
    ASSERT_TRUE(ArrivesLast(to));
    to.peer(to.accepted() - 1).Forget();
    to.peer(to.accepted() - 1).Send(kOk);
    ASSERT_TRUE(Over(client));
    EXPECT_EQ(client.stream.status, 200);
  }
}

TEST_F(RetryingTest, ATryThatTakesTooLongIsMadeAgain) {
  RetryOn(RetryPolicy::k5xx).per_try_timeout_ms = 100;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  AdvanceMs(110);
  EXPECT_EQ(client.stream.status, 0);
  AdvanceMs(30);
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
  ASSERT_TRUE(Answers(client, 1));
}

TEST_F(RetryingTest, ATimeoutIsNoReasonForAPolicyThatDoesNotNameIt) {
  RetryOn(RetryPolicy::kConnectFailure | RetryPolicy::kRetriable4xx).per_try_timeout_ms = 100;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  AdvanceMs(110);
  EXPECT_EQ(client.stream.status, 504);
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(RetryingTest, APerTryTimeoutAloneIs504) {
  forward().retry.per_try_timeout_ms = 100;
  forward().retry.on = RetryPolicy::k5xx;
  forward().retry.max_retries = 0;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  AdvanceMs(110);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(Log(), "504 URX,UT upstream-timeout");
}

TEST_F(RetryingTest, AHostsPolicyCountsWhereTheRouteHasNone) {
  virtual_host_.retry.on = RetryPolicy::k5xx;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0);
  Settle();
  AfterBackoff();
  ASSERT_TRUE(Answers(client, server_.accepted() - 1));
}

TEST_F(RetryingTest, ATryThatFallsSilentIsMadeAgain) {
  RetryOn(RetryPolicy::k5xx).per_try_idle_timeout_ms = 100;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  AdvanceMs(110);
  AfterBackoff();
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
  ASSERT_TRUE(Answers(client, 1));
}

TEST_F(RetryingTest, SilenceWithoutATryLeftIs504) {
  RetryOn(RetryPolicy::k5xx).per_try_idle_timeout_ms = 100;
  forward().retry.max_retries = 0;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  AdvanceMs(110);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(Log(), "504 URX,UT upstream-timeout");
}

// What stops in the middle is cut: it cannot be begun again.
TEST_F(RetryingTest, EachByteOfTheAnswerGivesItsTryTime) {
  RetryOn(RetryPolicy::k5xx).per_try_idle_timeout_ms = 100;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n");
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(Until([&] { return client.stream.heads == 1 && client.stream.body.size() == i; }));
    AdvanceMs(70);
    server_.peer(0).Send("x");
  }
  ASSERT_TRUE(Until([&] { return client.stream.body.size() == 4; }));
  EXPECT_FALSE(client.over());
  AdvanceMs(110);
  EXPECT_TRUE(client.stream.reset.has_value());
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(RetryingTest, AClientThatIsSlowToSendIsNotTheUpstreamsSilence) {
  RetryOn(RetryPolicy::k5xx).per_try_idle_timeout_ms = 100;
  FakeClient& client = Post();
  ASSERT_TRUE(Arrives(0));
  AdvanceMs(300);
  EXPECT_FALSE(client.over());
  client.Data("x", true);
  ASSERT_TRUE(Arrives(0, "0\r\n\r\n"));
  AdvanceMs(50);
  server_.peer(0).Send(kOk);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 200);
}

// ---- Answers that are not wanted ----------------------------------------------------------------

TEST_F(RetryingTest, TheBodyOfAnAnswerTriedAgainLeavesItsConnectionUsable) {
  RetryOn(RetryPolicy::k5xx);
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0);
  Settle();
  AfterBackoff();
  ASSERT_TRUE(Answers(client, 0));
  EXPECT_EQ(client.stream.body, "ok");
  EXPECT_EQ(server_.accepted(), 1u);
  EXPECT_EQ(CounterOf("upstream_connections_total", "c"), 1u);
}

TEST_F(RetryingTest, SoDoesOneThatComesDuringTheBackoff) {
  RetryOn(RetryPolicy::k5xx).base_backoff_ms = 10'000;
  forward().retry.max_backoff_ms = 10'000;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0, "HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n2\r\nbu\r\n");
  Settle();
  server_.peer(0).Send("2\r\nsy\r\n0\r\nx-t: 1\r\n\r\n");
  Settle();
  // Another request may have it meanwhile.
  ASSERT_TRUE(Answers(Get(), 0));
  AdvanceMs(10'000);
  ASSERT_TRUE(Answers(client, 0));
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(RetryingTest, AnAnswerThatDoesNotEndInTimeClosesItsConnection) {
  RetryOn(RetryPolicy::k5xx);
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0, "HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nbusy");
  Settle();
  AfterBackoff();
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
  ASSERT_TRUE(Answers(client, 1));
}

TEST_F(RetryingTest, SoDoesOneThatIsTooLargeToRead) {
  RetryOn(RetryPolicy::k5xx).base_backoff_ms = 100'000;
  forward().retry.max_backoff_ms = 100'000;
  FakeClient& declared = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0, absl::StrCat("HTTP/1.1 503 No\r\ncontent-length: ", UpstreamCall::kMaxDrainBytes + 1,
                       "\r\n\r\n"));
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
  declared.Leave();

  FakeClient& streamed = Get();
  ASSERT_TRUE(Arrives(1));
  Fail(1, absl::StrCat("HTTP/1.1 503 No\r\n\r\n", std::string(UpstreamCall::kMaxDrainBytes, 'x')));
  Settle();
  EXPECT_FALSE(server_.peer(1).eof());
  server_.peer(1).Send("y");
  ASSERT_TRUE(Until([&] { return server_.peer(1).eof(); }));
  EXPECT_FALSE(streamed.over());
}

TEST_F(RetryingTest, OneThatBreaksOffIsNoMatter) {
  RetryOn(RetryPolicy::k5xx);
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0, "HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nbusy");
  Settle();
  server_.peer(0).Finish();
  Settle();
  AfterBackoff();
  ASSERT_TRUE(Answers(client, 1));
  EXPECT_EQ(Retries(), 1u);
}

TEST_F(RetryingTest, AClientThatLeavesEndsTheReadingToo) {
  RetryOn(RetryPolicy::k5xx);
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0, "HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nbusy");
  Settle();
  client.Leave();
  ASSERT_TRUE(Until([&] { return server_.peer(0).eof(); }));
}

// ---- Bodies -------------------------------------------------------------------------------------

TEST_F(RetryingTest, TheBodyAndItsTrailersAreSentAgain) {
  RetryOn(RetryPolicy::k5xx);
  FakeClient& client = Post();
  client.Data("abc", false);
  http::HeaderMap trailers;
  trailers.Add("x-t", "1");
  client.Trailers(trailers);
  ASSERT_TRUE(Arrives(0, "x-t: 1\r\n\r\n"));
  const std::string first = server_.peer(0).received();
  server_.peer(0).Forget();
  Fail(0);
  Settle();
  AfterBackoff();
  const size_t next = server_.accepted() - 1;
  ASSERT_TRUE(Arrives(next, "x-t: 1\r\n\r\n"));
  EXPECT_EQ(server_.peer(next).received(), first);
  server_.peer(next).Send(kOk);
  ASSERT_TRUE(Over(client));
}

TEST_F(RetryingTest, WhatComesDuringTheBackoffIsSentToo) {
  RetryOn(RetryPolicy::k5xx);
  FakeClient& client = Post();
  client.Data("1", false);
  ASSERT_TRUE(Arrives(0, "1\r\n1\r\n"));
  Fail(0);
  Settle();
  client.Data("2", true);
  AfterBackoff();
  const size_t next = server_.accepted() - 1;
  ASSERT_GE(next, 1u);
  ASSERT_TRUE(Arrives(next, "0\r\n\r\n"));
  EXPECT_TRUE(server_.peer(next).received().ends_with("\r\n\r\n2\r\n12\r\n0\r\n\r\n"));
  server_.peer(next).Send(kOk);
  ASSERT_TRUE(Over(client));
}

TEST_F(RetryingTest, ABodyBeyondTheLimitIsNotSentAgain) {
  RetryOn(RetryPolicy::k5xx);
  FakeClient& client = Post();
  ASSERT_TRUE(Until([&] { return server_.accepted() == 1 && Contains("\r\n\r\n"); }));
  client.Data(std::string(UpstreamCall::kMaxReplayBytes, 'x'), false);
  client.Data("y", true);
  ASSERT_TRUE(Arrives(0, "y\r\n0\r\n\r\n"));
  Fail(0);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 503);
  EXPECT_EQ(client.stream.body, "busy");
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(RetryingTest, AClientThatLeavesEndsTheBackoff) {
  RetryOn(RetryPolicy::k5xx);
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0);
  Settle();
  client.Leave();
  AfterBackoff();
  EXPECT_EQ(server_.accepted(), 1u);
  EXPECT_EQ(Log(), "0 DC client-left");
}

TEST_F(RetryingTest, TheRoutesTimeEndsTheBackoffToo) {
  forward().timeout_ms = 100;
  RetryOn(RetryPolicy::k5xx).base_backoff_ms = 100'000;
  forward().retry.max_backoff_ms = 100'000;
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives(0));
  Fail(0);
  Settle();
  AdvanceMs(110);
  EXPECT_EQ(client.stream.status, 504);
  EXPECT_EQ(Log(), "504 UT upstream-timeout");
}

// What the log says of the upstream is of the last try, whatever became of those before.
class LastTryTest : public RetryingTest {
 protected:
  LastTryTest() {
    log_format_ = "%UPSTREAM_HOST% [%UPSTREAM_TRANSPORT_FAILURE_REASON%] %RESPONSE_CODE%";
    RetryOn(RetryPolicy::kConnectFailure);
  }
  static uint16_t PortOfNobody(event::Loop& loop) {
    upstream::FakeUpstream gone(loop);
    return gone.port();
  }
  // Begins a request whose first try is refused, then has endpoints at `ports` for the next.
  FakeClient& RefusedThen(const std::vector<uint16_t>& ports) {
    Serve({PortOfNobody(loop_)});
    FakeClient& client = Get();
    EXPECT_TRUE(Until([&] { return CounterOf("upstream_connect_failures_total", "c") == 1; }));
    Republish("c", ports);
    AfterBackoff();
    return client;
  }
};

TEST_F(LastTryTest, WhatFailedBeforeItIsForgotten) {
  FakeClient& client = RefusedThen({server_.port()});
  ASSERT_TRUE(Answers(client));
  EXPECT_EQ(Log(), absl::StrCat("127.0.0.1:", server_.port(), " [-] 200"));
}

TEST_F(LastTryTest, ItsOwnFailureIsTold) {
  const uint16_t nobody = PortOfNobody(loop_);
  FakeClient& client = RefusedThen({nobody});
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(Log(), absl::StrCat("127.0.0.1:", nobody, " [connect: Connection refused] 503"));
}

}  // namespace
}  // namespace sluice::exchange
