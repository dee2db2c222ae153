// SPDX-License-Identifier: Apache-2.0
//
// Mirrored requests of an exchange, between a fake client codec and servers on loopback.
#include <string>
#include <string_view>

#include "dataplane/exchange/exchange_fixture.h"

namespace sluice::exchange {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr std::string_view k503 =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy";

class MirrorTest : public ExchangeFixture {
 protected:
  MirrorTest() {
    Publish(Named("m"), {mirror_.port()});
    forward().mirrors = {{.cluster = "m"}};
  }
  upstream::FakeUpstream mirror_{loop_};
};

TEST_F(MirrorTest, GetsACopyAndItsAnswerGoesNowhere) {
  FakeClient& client = Post();
  client.Data("abc", true);
  ASSERT_TRUE(Arrives(0, "0\r\n\r\n"));
  ASSERT_TRUE(Until([&] {
    return mirror_.accepted() == 1 && mirror_.peer(0).received().ends_with("0\r\n\r\n");
  }));
  EXPECT_NE(mirror_.peer(0).received().find("host: a.example-shadow\r\n"), std::string::npos);
  EXPECT_NE(mirror_.peer(0).received().find("abc"), std::string::npos);
  mirror_.peer(0).Send(k503);
  Settle();
  EXPECT_EQ(client.stream.status, 0);
  server_.peer(0).Send(kOk);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 200);
}

TEST_F(MirrorTest, KeepsItsConnection) {
  for (int i = 0; i < 3; ++i) {
    FakeClient& client = Get();
    ASSERT_TRUE(Until([&] {
      return mirror_.accepted() > 0 && mirror_.peer(0).received().ends_with("\r\n\r\n");
    }));
    mirror_.peer(0).Forget();
    mirror_.peer(0).Send(kOk);
    ASSERT_TRUE(Answers(client));
    Settle();
  }
  EXPECT_EQ(mirror_.accepted(), 1u);
}

TEST_F(MirrorTest, OneThatCannotBeReachedIsNoMatter) {
  mirror_.StopListening();
  ASSERT_TRUE(Answers(Get()));
}

TEST_F(MirrorTest, AnUnknownOneIsNoMatter) {
  forward().mirrors = {{.cluster = "none"}};
  ASSERT_TRUE(Answers(Get()));
}

TEST_F(MirrorTest, OneThatDoesNotAnswerIsGivenUp) {
  ASSERT_TRUE(Answers(Get()));
  ASSERT_TRUE(Until([&] { return mirror_.accepted() == 1; }));
  AdvanceMs(16'000);
  ASSERT_TRUE(Until([&] { return mirror_.peer(0).eof(); }));
}

TEST_F(MirrorTest, ARequestThatBreaksOffIsNotMirrored) {
  FakeClient& client = Post();
  client.Data("abc", false);
  ASSERT_TRUE(Until([&] { return mirror_.accepted() == 1; }));
  client.Leave();
  ASSERT_TRUE(Until([&] { return mirror_.peer(0).eof(); }));
}

TEST_F(MirrorTest, ATunnelIsNotMirrored) {
  http_.upgrades = {{"websocket"}};
  FakeClient& client = Client();
  client.head.upgrade = "websocket";
  client.Begin(false);
  ASSERT_TRUE(Arrives());
  Settle();
  EXPECT_EQ(mirror_.accepted(), 0u);
}

TEST_F(MirrorTest, NoPartOfTheRequestsMeansNone) {
  forward().mirrors[0].fraction_per_million = 0;
  ASSERT_TRUE(Answers(Get()));
  Settle();
  EXPECT_EQ(mirror_.accepted(), 0u);
}

// The draw that chose a route must not decide the mirror's too.
TEST_F(MirrorTest, ThePartIsIndependentOfThatOfTheRoute) {
  route_.match.fraction_per_million = 500'000;
  forward().mirrors[0].fraction_per_million = 500'000;
  forward().mirrors[0].cluster = "m";
  int routed = 0;
  for (int i = 0; i < 200; ++i) {
    FakeClient& client = Get();
    ASSERT_TRUE(Until([&] {
      return client.over() || (server_.accepted() > 0 && server_.peer(0).received().size() > 0);
    }));
    if (client.over()) continue;  // 404.
    ++routed;
    ASSERT_TRUE(Answers(client));
    Settle();
    for (size_t p = 0; p < mirror_.accepted(); ++p) {
      if (mirror_.peer(p).received().empty()) continue;
      mirror_.peer(p).Forget();
      mirror_.peer(p).Send(kOk);
    }
    Settle();
  }
  const uint64_t mirrored = CounterOf("upstream_requests_total", "m");
  EXPECT_GT(routed, 60);
  EXPECT_GT(mirrored, static_cast<uint64_t>(routed) / 4);
  EXPECT_LT(mirrored, static_cast<uint64_t>(routed) * 3 / 4);
}

}  // namespace
}  // namespace sluice::exchange
