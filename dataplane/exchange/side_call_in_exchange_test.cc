// SPDX-License-Identifier: Apache-2.0
//
// A filter that asks another cluster before it lets a request go on, in a whole exchange: what it
// is told, and what becomes of its question when the client leaves (H2-22).
#include <memory>
#include <string>
#include <utility>

#include "dataplane/exchange/exchange_fixture.h"
#include "dataplane/filters/chain/side_call.h"
#include "dataplane/upstream/fake_http2_upstream.h"
#include "dataplane/upstream/fake_upstream.h"

namespace sluice::exchange {
namespace {

using filters::SideCallFailure;
using filters::Verdict;

constexpr std::string_view kAllowed = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
constexpr std::string_view kDenied = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";

class SideCallInExchangeTest : public ExchangeFixture, private filters::SideCallObserver {
 protected:
  SideCallInExchangeTest() {
    AskCluster(Named("authz"), authz_.port());
    AddFilter("asking", "test.authorize").on = [this](ScriptedFilter& filter,
                                                      std::string_view event) {
      if (event != "request") return Verdict::kContinue;
      filters::SideCallRequest request;
      request.cluster = "authz";
      request.authority = "authz.example";
      request.timeout_ms = 60'000;
      host_ = &filter.host();
      handle_ = filter.host().side_calls().Start(std::move(request), *this);
      EXPECT_EQ(told_, 0);
      return Verdict::kPause;
    };
    AddFilter("behind").on = [this](ScriptedFilter&, std::string_view event) {
      behind_ += std::string(event) + " ";
      return Verdict::kContinue;
    };
  }
  ~SideCallInExchangeTest() override { handle_.reset(); }

  void AskCluster(config::Cluster cluster, uint16_t port) {
    snapshot_.clusters.Set("authz", Entry(std::move(cluster), {port}));
    clusters_.Apply(snapshot_);
  }

  void OnSideCallOver(filters::SideCallOutcome& outcome) override {
    ++told_;
    failure_ = outcome.failure;
    if (outcome.failure == SideCallFailure::kNone && outcome.status == 200) {
      host_->request().headers.Add("x-checked", "yes");
      return host_->Continue();
    }
    host_->Reply({.status = 403, .detail = "not-allowed"});
  }

  [[nodiscard]] bool Asked() {
    return Until(
        [&] { return authz_.accepted() > 0 && authz_.peer(0).received().ends_with("\r\n\r\n"); });
  }

  upstream::FakeUpstream authz_{loop_};
  filters::FilterHost* host_ = nullptr;
  filters::SideCallHandle handle_;
  std::string behind_;
  int told_ = 0;
  SideCallFailure failure_ = SideCallFailure::kNone;
};

TEST_F(SideCallInExchangeTest, AnAllowedRequestGoesOn) {
  FakeClient& client = Post();
  client.Data("body", true);
  ASSERT_TRUE(Asked());
  EXPECT_EQ(server_.accepted(), 0u);
  authz_.peer(0).Send(kAllowed);
  ASSERT_TRUE(Arrives(0, "0\r\n\r\n"));
  EXPECT_TRUE(Contains("x-checked: yes"));
  EXPECT_TRUE(Contains("body"));
  server_.peer(0).Send("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 204);
  EXPECT_EQ(told_, 1);
}

TEST_F(SideCallInExchangeTest, ADeniedRequestIsAnswered) {
  FakeClient& client = Get();
  ASSERT_TRUE(Asked());
  authz_.peer(0).Send(kDenied);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 403);
  EXPECT_EQ(server_.accepted(), 0u);
  EXPECT_EQ(Log(), "403 - not-allowed");
}

TEST_F(SideCallInExchangeTest, AFailureIsToldAfterTheFilterHasPaused) {
  snapshot_.clusters.Erase("authz");
  clusters_.Apply(snapshot_);
  FakeClient& client = Get();
  EXPECT_EQ(told_, 0);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(failure_, SideCallFailure::kNoCluster);
  EXPECT_EQ(client.stream.status, 403);
}

TEST_F(SideCallInExchangeTest, AClientThatLeavesCancelsTheQuestion) {
  FakeClient& client = Get();
  ASSERT_TRUE(Asked());
  client.Leave();
  // At once, though the filter is destroyed only at the end of the turn and its handle is not.
  authz_.peer(0).Send(kAllowed);
  ASSERT_TRUE(Until([&] { return authz_.peer(0).eof(); }));
  Settle();
  EXPECT_TRUE(alive_.empty());
  EXPECT_EQ(told_, 0);
  EXPECT_EQ(behind_, "");
  EXPECT_EQ(server_.accepted(), 0u);
  EXPECT_EQ(GaugeOf("upstream_requests_active", "authz"), 0);
  EXPECT_EQ(Log(), "0 DC client-left");
}

TEST_F(SideCallInExchangeTest, OverHttp2OnlyTheStreamIsGivenUp) {
  upstream::FakeHttp2Upstream authz(loop_, {});
  config::Cluster cluster = Named("authz");
  cluster.upstream_http = config::Cluster::UpstreamHttp::kHttp2;
  AskCluster(cluster, authz.port());
  FakeClient& client = Get();
  ASSERT_TRUE(Until([&] { return authz.requests() == 1; }));
  client.Leave(http::ErrorKind::kReset);
  ASSERT_TRUE(Until([&] { return authz.request(0).reset; }));
  Settle();
  EXPECT_EQ(told_, 0);
  EXPECT_EQ(behind_, "");
  EXPECT_FALSE(authz.closed(0));
  clusters_.Apply({});
  Settle();
}

// The answer has been read, its observer not told yet, and in that turn the client leaves.
TEST_F(SideCallInExchangeTest, AnAnswerOfTheSameTurnComesTooLate) {
  FakeClient& client = Get();
  ASSERT_TRUE(Asked());
  authz_.peer(0).Send(kAllowed);
  // Posted tasks run behind descriptors and before the end of the turn. Which turn the bytes come
  // in is the kernel's choice: leave in that one.
  const uint64_t before = CounterOf("upstream_cx_rx_bytes_total", "authz");
  bool left = false;
  ASSERT_TRUE(Until([&] {
    if (left) return true;
    loop_.Post([&] {
      if (left || CounterOf("upstream_cx_rx_bytes_total", "authz") == before) return;
      left = true;
      client.Leave();
    });
    return false;
  }));
  Settle();
  EXPECT_EQ(told_, 0);
  EXPECT_EQ(behind_, "");
  EXPECT_EQ(server_.accepted(), 0u);
}

TEST_F(SideCallInExchangeTest, AnAnswerToARequestThatWasAnsweredMeanwhileIsIgnored) {
  http_.stream_idle_timeout_ms = 1000;
  FakeClient& client = Post();
  ASSERT_TRUE(Asked());
  AdvanceMs(1100);
  EXPECT_EQ(client.stream.status, 408);
  EXPECT_FALSE(client.over());  // Its body still comes.
  authz_.peer(0).Send(kAllowed);
  ASSERT_TRUE(Until([&] { return told_ == 1; }));
  Settle();
  EXPECT_EQ(behind_.find("request"), std::string::npos);
  EXPECT_EQ(server_.accepted(), 0u);
  client.Data("x", true);
  ASSERT_TRUE(Over(client));
}

TEST_F(SideCallInExchangeTest, TheRuntimeOutlivesTheQuestionsOfItsLastExchange) {
  FakeClient& client = Get();
  ASSERT_TRUE(Asked());
  std::exchange(runtime_, nullptr)->Unref();
  client.Leave();
  Settle();
  EXPECT_TRUE(alive_.empty());
  EXPECT_EQ(told_, 0);
}

}  // namespace
}  // namespace sluice::exchange
