// SPDX-License-Identifier: Apache-2.0
//
// Requests for another protocol: tunnels, and what becomes of those that may not be.
#include <string_view>

#include "dataplane/exchange/exchange_fixture.h"

namespace sluice::exchange {
namespace {

using filters::Verdict;

class UpgradeTest : public ExchangeFixture {
 protected:
  FakeClient& Upgrade() {
    FakeClient& client = Client();
    client.head.upgrade = "websocket";
    client.Begin(false);
    return client;
  }

  void SwitchProtocols() {
    server_.peer(0).Forget();
    server_.peer(0).Send(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  }
};

TEST_F(UpgradeTest, AnAllowedOneBecomesATunnelPastTheFilters) {
  http_.upgrades = {{"websocket"}};
  forward().timeout_ms = 1000;
  AddFilter("f");
  FakeClient& client = Upgrade();
  ASSERT_TRUE(Arrives());
  EXPECT_TRUE(Contains("upgrade: websocket\r\n"));
  SwitchProtocols();
  ASSERT_TRUE(Until([&] { return client.stream.status == 101; }));
  client.Data("ping", false);
  ASSERT_TRUE(Arrives(0, "ping"));
  AdvanceMs(2000);  // A route's time is for answers.
  server_.peer(0).Send("pong");
  ASSERT_TRUE(Until([&] { return client.stream.body == "pong"; }));
  server_.peer(0).Finish();
  ASSERT_TRUE(Until([&] { return client.stream.ended; }));
  client.Data("", true);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(Log(), "101 - via-upstream");
}

TEST_F(UpgradeTest, OneThatIsNotAllowedGoesOnAsAPlainRequest) {
  FakeClient& client = Upgrade();
  ASSERT_TRUE(Arrives());
  EXPECT_FALSE(Contains("upgrade"));
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  ASSERT_TRUE(Until([&] { return client.stream.ended; }));
  client.Data("", true);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 200);
}

TEST_F(UpgradeTest, ATunnelsBytesAreNoBodyToLimit) {
  http_.upgrades = {{"websocket"}};
  http_.max_request_body_bytes = 2;
  FakeClient& client = Upgrade();
  ASSERT_TRUE(Arrives());
  SwitchProtocols();
  ASSERT_TRUE(Until([&] { return client.stream.status == 101; }));
  client.Data("ping", false);
  ASSERT_TRUE(Arrives(0, "ping"));
  EXPECT_FALSE(client.stream.reset.has_value());
}

// As RFC 8441 has it on HTTP/2: the stream is open, and the client need not wait for its answer.
class ExtendedConnectTest : public UpgradeTest {
 protected:
  FakeClient& UpgradeAndTalk() {
    FakeClient& client = Client();
    client.head.version = http::Version::kHttp2;
    client.head.upgrade = "websocket";
    client.head.framing = {http::Framing::Kind::kStreamed, 0};
    client.Begin(false);
    client.Data("frame", false);
    return client;
  }
};

TEST_F(ExtendedConnectTest, WhatWasMeantForATunnelIsNoBodyOfAPlainRequest) {
  http_.max_request_body_bytes = 2;
  FakeClient& client = UpgradeAndTalk();
  ASSERT_TRUE(Arrives());
  client.Data("another", false);
  Settle();
  EXPECT_FALSE(Contains("chunked"));
  EXPECT_FALSE(Contains("frame"));
  EXPECT_FALSE(Contains("another"));
  server_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  ASSERT_TRUE(Until([&] { return client.stream.ended; }));
  client.Data("", true);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 200);
}

TEST_F(ExtendedConnectTest, NorWhenAFilterHasHeldIt) {
  AddFilter("f").on = [](ScriptedFilter&, std::string_view event) {
    return event == "request" ? Verdict::kPause : Verdict::kContinue;
  };
  UpgradeAndTalk();
  alive_.at(0)->host().Continue();
  ASSERT_TRUE(Arrives());
  Settle();
  EXPECT_FALSE(Contains("chunked"));
  EXPECT_FALSE(Contains("frame"));
}

TEST_F(UpgradeTest, ARouteMayDisableWhatTheListenerAllows) {
  http_.upgrades = {{"websocket"}};
  forward().upgrades = {{"websocket", false}};
  Upgrade();
  ASSERT_TRUE(Arrives());
  EXPECT_FALSE(Contains("upgrade"));
}

}  // namespace
}  // namespace sluice::exchange
