// SPDX-License-Identifier: Apache-2.0
//
// Requests of the proxy's own against a server on loopback that speaks HTTP/1.1, byte by byte.
#include "dataplane/exchange/cluster_side_calls.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/exchange/side_call_recorder.h"
#include "dataplane/upstream/fake_upstream.h"
#include "dataplane/upstream/fixture.h"

namespace sluice::exchange {
namespace {

using filters::SideCallFailure;
using filters::SideCallRequest;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 2\r\n\r\nok";

class ClusterSideCallsTest : public upstream::ClusterFixture {
 protected:
  ClusterSideCallsTest() { Publish(Named("c"), {server_.port()}); }
  ~ClusterSideCallsTest() override {
    one_.handle.reset();
    two_.handle.reset();
    Settle();
    EXPECT_EQ(GaugeOf("upstream_requests_active", "c"), 0);
  }

  static SideCallRequest Get() {
    SideCallRequest request;
    request.cluster = "c";
    request.authority = "authz.example";
    request.path = "/check?a=b";
    return request;
  }
  static SideCallRequest Post(std::string_view body) {
    SideCallRequest request = Get();
    request.method = "POST";
    request.body.AppendCopy(body);
    return request;
  }
  void Start(SideCallRequest request = Get()) { one_.Start(calls_, std::move(request)); }

  // The server's `peer`-th connection has received something that ends so.
  [[nodiscard]] bool Arrives(size_t peer = 0, std::string_view end = "\r\n\r\n") {
    return RunUntil(
        [&] { return server_.accepted() > peer && server_.peer(peer).received().ends_with(end); });
  }
  [[nodiscard]] bool Over(SideCallRecorder& call) {
    return RunUntil([&] { return call.over > 0; });
  }
  // What becomes of a call that is answered so.
  SideCallFailure Answered(std::string_view bytes, SideCallRequest request = Get()) {
    Start(std::move(request));
    EXPECT_TRUE(Arrives());
    server_.peer(0).Send(bytes);
    EXPECT_TRUE(Over(one_));
    return one_.failure;
  }
  // A connection lies in the pool that has served.
  [[nodiscard]] bool Warm() {
    const bool served = Answered(kOk) == SideCallFailure::kNone;
    server_.peer(0).Forget();
    Settle();
    return served;
  }
  [[nodiscard]] bool Closed(size_t peer) {
    return RunUntil([&] { return server_.peer(peer).eof(); });
  }
  std::string_view Received(size_t peer = 0) { return server_.peer(peer).received(); }

  upstream::FakeUpstream server_{loop_};
  Random random_{7};
  ClusterSideCalls calls_{loop_, clusters_, random_};
  SideCallRecorder one_, two_;
};

TEST_F(ClusterSideCallsTest, AnAnswerIsToldOnceWithAllThatItHas) {
  SideCallRequest request = Get();
  request.headers.Add("x-client", "1.2.3.4");
  ASSERT_EQ(Answered(kOk, std::move(request)), SideCallFailure::kNone);
  EXPECT_EQ(Received(),
            "GET /check?a=b HTTP/1.1\r\nhost: authz.example\r\nx-client: 1.2.3.4\r\n\r\n");
  EXPECT_EQ(one_.status, 200);
  EXPECT_EQ(one_.body, "ok");
  EXPECT_EQ(one_.headers.find("x-a")->second, "1");
  EXPECT_EQ(one_.address, absl::StrCat("127.0.0.1:", server_.port()));
  Settle();
  EXPECT_EQ(one_.over, 1);
}

TEST_F(ClusterSideCallsTest, ABodyIsSentWithItsLength) {
  Start(Post("token=abc"));
  ASSERT_TRUE(Arrives(0, "\r\n\r\ntoken=abc"));
  EXPECT_NE(Received().find("content-length: 9\r\n"), std::string_view::npos);
}

TEST_F(ClusterSideCallsTest, WithoutAnAuthorityTheEndpointsNameIsUsed) {
  SideCallRequest request = Get();
  request.authority = {};
  Start(std::move(request));
  ASSERT_TRUE(Arrives());
  EXPECT_NE(Received().find(absl::StrCat("host: 127.0.0.1:", server_.port(), "\r\n")),
            std::string_view::npos);
}

TEST_F(ClusterSideCallsTest, AnErrorStatusIsAnAnswer) {
  EXPECT_EQ(Answered("HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy"), SideCallFailure::kNone);
  EXPECT_EQ(one_.status, 503);
  EXPECT_EQ(one_.body, "busy");
}

TEST_F(ClusterSideCallsTest, RedirectsAreNotFollowed) {
  EXPECT_EQ(Answered("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n"),
            SideCallFailure::kNone);
  EXPECT_EQ(one_.status, 302);
  EXPECT_EQ(one_.headers.find("location")->second, "/x");
}

TEST_F(ClusterSideCallsTest, InterimAnswersArePassedOver) {
  EXPECT_EQ(Answered(absl::StrCat("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", kOk)),
            SideCallFailure::kNone);
  EXPECT_EQ(one_.status, 200);
}

TEST_F(ClusterSideCallsTest, TrailersAreKeptIfAskedFor) {
  const std::string_view answer =
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nt: 1\r\n\r\n";
  SideCallRequest request = Get();
  request.trailers = true;
  ASSERT_EQ(Answered(answer, std::move(request)), SideCallFailure::kNone);
  EXPECT_NE(Received().find("te: trailers\r\n"), std::string_view::npos);
  EXPECT_EQ(one_.trailers.find("t")->second, "1");
  server_.peer(0).Forget();
  ASSERT_EQ(Answered(answer), SideCallFailure::kNone);
  EXPECT_EQ(Received().find("te:"), std::string_view::npos);
  EXPECT_EQ(one_.body, "x");
  EXPECT_TRUE(one_.trailers.empty());
}

TEST_F(ClusterSideCallsTest, CallsShareTheClustersConnections) {
  ASSERT_TRUE(Warm());
  ASSERT_TRUE(Warm());
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(ClusterSideCallsTest, CallsAreCountedAsAnyRequest) {
  ASSERT_EQ(Answered("HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"), SideCallFailure::kNone);
  EXPECT_EQ(CounterOf("upstream_requests_total", "c"), 1u);
  EXPECT_EQ(stats_.GetCounter("upstream_responses_total", {{"cluster", "c"}, {"code_class", "4xx"}})
                .value(),
            1u);
}

// ---- What cannot be sent ------------------------------------------------------------------------

TEST_F(ClusterSideCallsTest, ACallThatCannotBeMadeIsToldAfterStart) {
  SideCallRequest request = Get();
  request.cluster = "none";
  Start(std::move(request));
  EXPECT_EQ(one_.over, 0);
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kNoCluster);
  EXPECT_EQ(one_.address, "");
}

TEST_F(ClusterSideCallsTest, WhatWouldBreakTheHeadIsNotSent) {
  const auto refused = [this](SideCallRequest request) {
    Start(std::move(request));
    return Over(one_) && one_.failure == SideCallFailure::kInvalidRequest;
  };
  using std::literals::string_view_literals::operator""sv;
  for (const std::string_view value : {"a\r\nx: y"sv, "a\nb"sv, " a"sv, "a\0b"sv}) {
    SideCallRequest request = Get();
    request.headers.Add("x-a", value);
    EXPECT_TRUE(refused(std::move(request))) << value;
  }
  for (const std::string_view name : {"", "X-A", "x a", "x:", ":path"}) {
    SideCallRequest request = Get();
    request.headers.Add(name, "v");
    EXPECT_TRUE(refused(std::move(request))) << name;
  }
  for (const std::string_view path : {"", "x", "/a b", "/a\r\n", "*"}) {
    SideCallRequest request = Get();
    request.path = path;
    EXPECT_TRUE(refused(std::move(request))) << path;
  }
  for (const std::string_view method : {"", "GE T", "CONNECT"}) {
    SideCallRequest request = Get();
    request.method = method;
    EXPECT_TRUE(refused(std::move(request))) << method;
  }
  SideCallRequest authority = Get();
  authority.authority = "a@b";
  EXPECT_TRUE(refused(std::move(authority)));
  SideCallRequest scheme = Get();
  scheme.scheme = "ftp";
  EXPECT_TRUE(refused(std::move(scheme)));
  EXPECT_EQ(server_.accepted(), 0u);
}

TEST_F(ClusterSideCallsTest, FramingIsNotTheCallersToSay) {
  SideCallRequest request = Post("abc");
  request.headers.Add("content-length", "999");
  request.headers.Add("transfer-encoding", "chunked");
  request.headers.Add("host", "other.example");
  Start(std::move(request));
  ASSERT_TRUE(Arrives(0, "abc"));
  EXPECT_EQ(Received(),
            "POST /check?a=b HTTP/1.1\r\nhost: authz.example\r\ncontent-length: 3\r\n\r\nabc");
}

TEST_F(ClusterSideCallsTest, AClusterWithoutEndpointsHasNoHealthyHost) {
  Republish("c", {});
  Start();
  EXPECT_EQ(one_.over, 0);
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kNoHealthyHost);
}

TEST_F(ClusterSideCallsTest, TheClustersBreakersHold) {
  config::Cluster limited = Named("c");
  limited.circuit_breaker.max_pending = 1;
  Publish(limited, {server_.port()});
  Start();
  two_.Start(calls_, Get());
  EXPECT_EQ(two_.over, 0);
  ASSERT_TRUE(Over(two_));
  EXPECT_EQ(two_.failure, SideCallFailure::kOverflow);
  EXPECT_EQ(two_.detail, "upstream-pending-limit");
  // The first is served all the same.
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send(kOk);
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kNone);
}

TEST_F(ClusterSideCallsTest, AShutDownIsAFailureOfItsOwn) {
  clusters_.Drain([] {});
  Start();
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kShuttingDown);
}

// ---- Trying again -------------------------------------------------------------------------------

TEST_F(ClusterSideCallsTest, ARefusedConnectionIsTriedAgainAsOftenAsAsked) {
  server_.StopListening();
  for (const uint32_t retries : {0u, 1u, 2u}) {
    const uint64_t before = CounterOf("upstream_connections_total", "c");
    SideCallRequest request = Get();
    request.retries = retries;
    request.timeout_ms = 60'000;
    Start(std::move(request));
    ASSERT_TRUE(RunUntil([&] {
      clock_.AdvanceMs(8);  // Past the backoffs.
      return one_.over > 0;
    }));
    EXPECT_EQ(one_.failure, SideCallFailure::kConnectFailure);
    EXPECT_EQ(one_.detail, "upstream-connect-failure");
    EXPECT_NE(one_.transport_failure, "");
    EXPECT_EQ(CounterOf("upstream_connections_total", "c") - before, retries + 1);
  }
}

TEST_F(ClusterSideCallsTest, ADeadPooledConnectionIsNoFailure) {
  ASSERT_TRUE(Warm());
  Start();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Finish();
  ASSERT_TRUE(Arrives(1));
  server_.peer(1).Send(kOk);
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kNone);
}

TEST_F(ClusterSideCallsTest, WhatMayHaveBeenActedOnIsSentAgainOnlyIfThatDoesNoHarm) {
  ASSERT_TRUE(Warm());
  Start(Post("once"));
  ASSERT_TRUE(Arrives(0, "once"));
  server_.peer(0).Finish();
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kReset);

  Start();
  ASSERT_TRUE(Arrives(1));
  server_.peer(1).Send(kOk);
  ASSERT_TRUE(Over(one_));
  server_.peer(1).Forget();
  Settle();
  SideCallRequest request = Post("twice");
  request.idempotent = true;
  Start(std::move(request));
  ASSERT_TRUE(Arrives(1, "twice"));
  server_.peer(1).Finish();
  ASSERT_TRUE(Arrives(2, "twice"));
}

TEST_F(ClusterSideCallsTest, WithoutRetriesADeadPooledConnectionIsAReset) {
  ASSERT_TRUE(Warm());
  SideCallRequest request = Get();
  request.retries = 0;
  Start(std::move(request));
  ASSERT_TRUE(Arrives());
  server_.peer(0).Finish();
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kReset);
}

// ---- Peers that misbehave -----------------------------------------------------------------------

TEST_F(ClusterSideCallsTest, ASlowPeerIsGivenUp) {
  Start();
  ASSERT_TRUE(Arrives());
  AdvanceMs(900);
  EXPECT_EQ(one_.over, 0);
  AdvanceMs(200);
  ASSERT_EQ(one_.over, 1);
  EXPECT_EQ(one_.failure, SideCallFailure::kTimeout);
  EXPECT_TRUE(Closed(0));
}

TEST_F(ClusterSideCallsTest, DripsDoNotBuyTime) {
  Start();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n");
  for (int i = 0; i < 3; ++i) {
    AdvanceMs(300);
    server_.peer(0).Send("x");
    Settle();
    EXPECT_EQ(one_.over, 0);
  }
  AdvanceMs(200);
  ASSERT_EQ(one_.over, 1);
  EXPECT_EQ(one_.failure, SideCallFailure::kTimeout);
  EXPECT_EQ(one_.status, 0);
  EXPECT_EQ(one_.body, "");
}

TEST_F(ClusterSideCallsTest, TheTimeCountsFromStartConnectingIncluded) {
  Start();
  clock_.AdvanceMs(2000);  // Before the loop has turned.
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kTimeout);
}

TEST_F(ClusterSideCallsTest, TimesOutOfRangeAreTheNearest) {
  SideCallRequest request = Get();
  request.timeout_ms = 0;
  Start(std::move(request));
  AdvanceMs(20);
  ASSERT_EQ(one_.over, 1);
  EXPECT_EQ(one_.failure, SideCallFailure::kTimeout);
}

TEST_F(ClusterSideCallsTest, AnAnswerThatBreaksOffIsAReset) {
  Start();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
  Settle();
  EXPECT_EQ(one_.over, 0);
  server_.peer(0).Finish();
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kReset);
  EXPECT_EQ(one_.body, "");
}

// DOS-06.
TEST_F(ClusterSideCallsTest, AnEndlessBodyIsGivenUpAtItsLimit) {
  Start();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  const std::string chunk = absl::StrCat("1000\r\n", std::string(0x1000, 'x'), "\r\n");
  int chunks = 0;
  ASSERT_TRUE(RunUntil([&] {
    if (!server_.peer(0).eof()) server_.peer(0).Send(chunk);
    return one_.over > 0 || ++chunks > 1000;
  }));
  ASSERT_EQ(one_.over, 1);
  EXPECT_EQ(one_.failure, SideCallFailure::kTooLarge);
  EXPECT_EQ(one_.detail, "response-body-too-large");
  EXPECT_TRUE(Closed(0));
}

TEST_F(ClusterSideCallsTest, ABodyOfExactlyTheLimitIsTaken) {
  SideCallRequest request = Get();
  request.max_body_bytes = 3;
  EXPECT_EQ(Answered("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", std::move(request)),
            SideCallFailure::kNone);
  EXPECT_EQ(one_.body, "abc");
}

TEST_F(ClusterSideCallsTest, ABodyAnnouncedTooLargeIsNotWaitedFor) {
  SideCallRequest request = Get();
  request.max_body_bytes = 3;
  EXPECT_EQ(Answered("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n", std::move(request)),
            SideCallFailure::kTooLarge);
}

TEST_F(ClusterSideCallsTest, AHeadAnswerMayAnnounceMuch) {
  SideCallRequest request = Get();
  request.method = "HEAD";
  EXPECT_EQ(Answered("HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n", std::move(request)),
            SideCallFailure::kNone);
}

TEST_F(ClusterSideCallsTest, AHeadOverTheCallsLimitIsTooLarge) {
  EXPECT_EQ(Answered(absl::StrCat("HTTP/1.1 200 OK\r\nx: ", std::string(20'000, 'x'),
                                  "\r\ncontent-length: 0\r\n\r\n")),
            SideCallFailure::kTooLarge);
  EXPECT_EQ(one_.detail, "response-head-too-large");
}

TEST_F(ClusterSideCallsTest, AHeadOverTheClustersLimitIsTooLarge) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 80; ++i) {
    absl::StrAppend(&head, "x-", i, ": ", std::string(1024, 'x'), "\r\n");
  }
  EXPECT_EQ(Answered(head), SideCallFailure::kTooLarge);
}

TEST_F(ClusterSideCallsTest, TrailersOverTheLimitAreTooLarge) {
  SideCallRequest request = Get();
  request.trailers = true;
  EXPECT_EQ(Answered(absl::StrCat("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nt: ",
                                  std::string(20'000, 'x'), "\r\n\r\n"),
                     std::move(request)),
            SideCallFailure::kTooLarge);
}

TEST_F(ClusterSideCallsTest, WhatIsNoHttpIsMalformed) {
  EXPECT_EQ(Answered("220 smtp.example ESMTP\r\n"), SideCallFailure::kMalformed);
}

TEST_F(ClusterSideCallsTest, AnAnswerThatDoesNotWaitForTheBodyCounts) {
  Start(Post(std::string(32 * 1024 * 1024, 'x')));
  ASSERT_TRUE(RunUntil([&] { return server_.accepted() == 1 && !Received().empty(); }));
  server_.peer(0).Send("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n");
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.status, 413);
  EXPECT_TRUE(Closed(0));
}

// ---- Giving up ----------------------------------------------------------------------------------

TEST_F(ClusterSideCallsTest, TheEndOfTheHandleCancels) {
  Start();
  ASSERT_TRUE(Arrives());
  one_.handle.reset();
  EXPECT_TRUE(Closed(0));
  server_.peer(0).Send(kOk);
  Settle();
  EXPECT_EQ(one_.over, 0);
}

TEST_F(ClusterSideCallsTest, CancelIsSilentInEachState) {
  Start();  // Connecting.
  one_.handle->Cancel();
  Settle();
  Start();  // Waiting for an answer.
  ASSERT_TRUE(RunUntil([&] {
    return server_.accepted() > 0 && Received(server_.accepted() - 1).ends_with("\r\n\r\n");
  }));
  one_.handle->Cancel();
  Settle();
  SideCallRequest request = Get();
  request.cluster = "none";
  Start(std::move(request));  // Failed, not told yet.
  one_.handle->Cancel();
  Settle();
  EXPECT_EQ(one_.over, 0);
}

TEST_F(ClusterSideCallsTest, CancelAfterTheEndDoesNothing) {
  ASSERT_TRUE(Warm());
  one_.handle->Cancel();
  one_.handle.reset();
  Settle();
  // The connection serves on.
  ASSERT_TRUE(Warm());
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(ClusterSideCallsTest, ACallMayBeReleasedAndAnotherStartedWhenOneIsOver) {
  one_.then = [this] { Start(Post("second")); };
  Start();
  ASSERT_TRUE(Arrives());
  server_.peer(0).Forget();
  server_.peer(0).Send(kOk);
  ASSERT_TRUE(Arrives(0, "second"));
  server_.peer(0).Send(kOk);
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kNone);
  EXPECT_EQ(server_.accepted(), 1u);
}

TEST_F(ClusterSideCallsTest, ARemovedClusterStillAnswersWhatItWasAsked) {
  Start();
  ASSERT_TRUE(Arrives());
  snapshot_.clusters.Erase("c");
  clusters_.Apply(snapshot_);
  Settle();
  EXPECT_EQ(one_.over, 0);
  server_.peer(0).Send(kOk);
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kNone);
  EXPECT_EQ(one_.body, "ok");
  EXPECT_TRUE(Closed(0));
  Start();
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kNoCluster);
}

TEST_F(ClusterSideCallsTest, AClusterRemovedBeforeAConnectionIsThereStillServes) {
  Start();
  snapshot_.clusters.Erase("c");
  clusters_.Apply(snapshot_);
  ASSERT_TRUE(Arrives());
  server_.peer(0).Send(kOk);
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kNone);
}

}  // namespace
}  // namespace sluice::exchange
