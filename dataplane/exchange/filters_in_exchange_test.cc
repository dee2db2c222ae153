// SPDX-License-Identifier: Apache-2.0
//
// Filters in a whole exchange: replies, pauses, clients that leave meanwhile.
#include <string>

#include "dataplane/exchange/exchange_fixture.h"
#include "dataplane/exchange/filter_run.h"

namespace sluice::exchange {
namespace {

using filters::Verdict;

class FiltersInExchangeTest : public ExchangeFixture {
 protected:
  // A filter that pauses at `event`.
  void PauseAt(std::string event) {
    AddFilter("f").on = [event](ScriptedFilter&, std::string_view now) {
      return now == event ? Verdict::kPause : Verdict::kContinue;
    };
  }
  filters::FilterHost& host() { return alive_.at(0)->host(); }
};

TEST_F(FiltersInExchangeTest, AReplyNeverReachesTheUpstream) {
  AddFilter("f").on = [](ScriptedFilter& filter, std::string_view event) {
    if (event != "request") return Verdict::kContinue;
    filter.host().Reply({.status = 403, .detail = "denied", .message = "No."});
    return Verdict::kReply;
  };
  FakeClient& client = Post();
  client.Data("x", true);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 403);
  EXPECT_EQ(server_.accepted(), 0u);
  EXPECT_EQ(Log(), "403 - denied");
}

// The cluster is drawn before the filters run, so that they can be its own.
TEST_F(FiltersInExchangeTest, AWeightedClusterMayHaveItsOwnFilters) {
  AddFilter("f").on = [](ScriptedFilter& filter, std::string_view) {
    filter.host().Reply({.status = 403});
    return Verdict::kReply;
  };
  forward().clusters = {
      {.cluster = "c", .weight = 1, .overrides = {{"f", nullptr, /*disabled=*/true}}},
      {.cluster = "c", .weight = 1}};
  int passed = 0;
  for (int i = 0; i < 40; ++i) {
    const uint64_t before = CounterOf("upstream_requests_total", "c");
    FakeClient& client = Get();
    ASSERT_TRUE(
        Until([&] { return client.over() || CounterOf("upstream_requests_total", "c") > before; }));
    if (client.over()) {
      EXPECT_EQ(client.stream.status, 403);
      continue;
    }
    ++passed;
    ASSERT_TRUE(Answers(client));
  }
  EXPECT_GT(passed, 5);
  EXPECT_LT(passed, 35);
}

TEST_F(FiltersInExchangeTest, APausedRequestGoesOnLater) {
  PauseAt("request");
  FakeClient& client = Post();
  client.Data("x", true);
  Settle();
  EXPECT_EQ(server_.accepted(), 0u);
  host().Continue();
  ASSERT_TRUE(Arrives(0, "1\r\nx\r\n0\r\n\r\n"));
  server_.peer(0).Forget();
  server_.peer(0).Send("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(Over(client));
}

// H2-22.
TEST_F(FiltersInExchangeTest, AClientThatLeavesDuringAPauseTakesTheFiltersWithIt) {
  PauseAt("request");
  FakeClient& client = Get();
  client.Leave();
  host().Continue();  // In the same turn: the filter is still there, and nobody listens.
  host().Reply({.status = 403});
  EXPECT_EQ(client.stream.heads, 0);
  Settle();
  EXPECT_TRUE(alive_.empty());
  EXPECT_EQ(server_.accepted(), 0u);
  EXPECT_EQ(Log(), "0 DC client-left");
}

TEST_F(FiltersInExchangeTest, TheRuntimeOutlivesTheFiltersOfItsLastExchange) {
  PauseAt("request");
  FakeClient& client = Get();
  std::exchange(runtime_, nullptr)->Unref();
  client.Leave();
  Settle();
  EXPECT_TRUE(alive_.empty());
}

TEST_F(FiltersInExchangeTest, ATimeoutDuringAPauseIsAnswered) {
  http_.stream_idle_timeout_ms = 1000;
  PauseAt("request");
  FakeClient& client = Get();
  AdvanceMs(1100);
  EXPECT_EQ(client.stream.status, 504);
  EXPECT_TRUE(alive_.empty());
}

TEST_F(FiltersInExchangeTest, TrailersHeldByAFilterOutliveTheUpstreamsStream) {
  PauseAt("response-trailers");
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-t: held\r\n\r\n");
  ASSERT_TRUE(Until([&] { return client.stream.body == "x"; }));
  Settle();
  // The stream that they came on is at work for somebody else.
  FakeClient& other = Client();
  other.head.path = "/other";
  other.Begin(true);
  Settle();
  host().Continue();
  EXPECT_EQ(client.stream.trailers.find("x-t")->second, "held");
  ASSERT_TRUE(Over(client));
}

TEST_F(FiltersInExchangeTest, AResponseThatAFilterHoldsHoldsTheUpstreamBack) {
  PauseAt("response");
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  const std::string much(2 * 1024 * 1024, 'x');
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(much.size()) +
                       "\r\n\r\n");
  server_.peer(0).Send(much);
  Settle();
  size_t held = 0;
  EXPECT_EQ(client.stream.heads, 0);
  host().Continue();
  held = client.stream.body.size();
  EXPECT_LE(held, 2 * FilterRun::kHoldBytes);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.body.size(), much.size());
}

TEST_F(FiltersInExchangeTest, AFilterMayReplaceTheUpstreamsAnswer) {
  AddFilter("f").on = [](ScriptedFilter& filter, std::string_view event) {
    if (event != "response" || filter.host().response()->status != 200) return Verdict::kContinue;
    filter.host().Reply({.status = 502, .detail = "not-acceptable"});
    return Verdict::kReply;
  };
  FakeClient& client = Get();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("HTTP/1.1 200 OK\r\nx-secret: 1\r\ncontent-length: 6\r\n\r\nsecret");
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 502);
  EXPECT_EQ(client.stream.heads, 1);
  EXPECT_EQ(client.stream.Field("x-secret"), "");
  EXPECT_EQ(client.stream.body.find("secret"), std::string::npos);
  EXPECT_EQ(Log(), "502 - not-acceptable");
}

TEST_F(FiltersInExchangeTest, AReplyInThePlaceOfAReplyBringsItsOwnBody) {
  AddFilter("outer", "test.connection").on = [](ScriptedFilter& filter, std::string_view event) {
    if (event != "response" || filter.host().response()->status != 403) return Verdict::kContinue;
    filter.host().Reply({.status = 502, .detail = "replaced"});
    return Verdict::kReply;
  };
  AddFilter("inner").on = [](ScriptedFilter& filter, std::string_view event) {
    if (event != "request") return Verdict::kContinue;
    filter.host().Reply({.status = 403, .detail = "denied"});
    return Verdict::kReply;
  };
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 502);
  EXPECT_EQ(client.stream.heads, 1);
  EXPECT_NE(client.stream.body.find("replaced"), std::string::npos);
  EXPECT_EQ(client.stream.body.find("denied"), std::string::npos);
  EXPECT_EQ(Log(), "502 - replaced");
}

TEST_F(FiltersInExchangeTest, ARouteThatAFilterClearsIsChosenAgain) {
  AddFilter("f").on = [](ScriptedFilter& filter, std::string_view event) {
    if (event == "request") {
      filter.host().request().path = "/elsewhere";
      filter.host().ClearRoute();
    }
    return Verdict::kContinue;
  };
  route_.match.path = {config::PathMatch::Kind::kExact, "/x"};
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 404);
}

TEST_F(FiltersInExchangeTest, MuchBodyBehindAPauseHoldsTheClientBack) {
  PauseAt("request");
  FakeClient& client = Post();
  client.Data(std::string(FilterRun::kHoldBytes + 1, 'x'), false);
  EXPECT_EQ(client.stream.pauses, 1);
  host().Reply({.status = 413});
  EXPECT_EQ(client.stream.pauses, 0);
  client.Data("", true);
  ASSERT_TRUE(Over(client));
}

}  // namespace
}  // namespace sluice::exchange
