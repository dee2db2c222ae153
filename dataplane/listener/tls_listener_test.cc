// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/listener_fixture.h"

namespace sluice::listener {
namespace {

class TlsListenerTest : public TlsListenerFixture {};

TEST_F(TlsListenerTest, TheServerNameChoosesTheChain) {
  Apply({TlsChain("a.example"), TlsChain("b.example")});
  ASSERT_TRUE(Served(Client(Asking("b.example"))));
  EXPECT_EQ(last_chain_, "b.example");
  EXPECT_EQ(handler_.downstream.sni, "b.example");
  EXPECT_TRUE(handler_.downstream.tls);
  EXPECT_EQ(handler_.downstream.tls_version, "TLSv1.3");
  ASSERT_TRUE(Served(Client(Asking("a.example"))));
  EXPECT_EQ(last_chain_, "a.example");
}

TEST_F(TlsListenerTest, ANameThatNoChainHasIsRefused) {
  Apply({TlsChain("a.example")});
  RawClient& client = Client(Asking("c.example"));
  ASSERT_TRUE(Over(client));
  EXPECT_FALSE(client.connected());
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 0; }));
}

TEST_F(TlsListenerTest, AlpnSaysTheVersion) {
  Apply({TlsChain("a.example", {"h2", "http/1.1"})});
  RawClient& client = Client(Asking("a.example", {"h2"}));
  ASSERT_TRUE(RunUntil([&] { return client.received().size() >= 9; }));
  EXPECT_EQ(client.received()[3], 4);  // SETTINGS, before we said a word.
  ASSERT_TRUE(Served(Client(Asking("a.example", {"http/1.1"}))));
}

TEST_F(TlsListenerTest, EachChainHasALimitOfItsOwn) {
  config::FilterChain few = TlsChain("a.example");
  few.max_connections = 1;
  Apply({few, TlsChain("b.example")});
  ASSERT_TRUE(Served(Client(Asking("a.example"))));
  ASSERT_TRUE(Over(Client(Asking("a.example"))));
  EXPECT_EQ(Counter("downstream_connections_refused_total"), 1u);
  ASSERT_TRUE(Served(Client(Asking("b.example"))));
}

TEST_F(TlsListenerTest, ALimitThatComesLaterCountsWhoIsThereAlready) {
  Apply({TlsChain("a.example")});
  ASSERT_TRUE(Served(Client(Asking("a.example"))));
  config::FilterChain few = TlsChain("a.example");
  few.max_connections = 1;
  Apply({few});
  ASSERT_TRUE(Over(Client(Asking("a.example"))));
}

TEST_F(TlsListenerTest, WhoDoesNotSayHelloIsClosed) {
  config::FilterChain chain = TlsChain("a.example");
  chain.transport_connect_timeout_ms = 100;
  Apply({chain});
  RawClient& silent = Client();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  AdvanceMs(50);
  EXPECT_FALSE(silent.over());
  AdvanceMs(100);
  EXPECT_TRUE(silent.over());
  EXPECT_EQ(listener_->connections(), 0u);
}

TEST_F(TlsListenerTest, AHandshakeIsBoundedWhereItsLimitIsUnset) {
  config::FilterChain chain = TlsChain("a.example");
  chain.transport_connect_timeout_ms = 0;
  Apply({chain});
  RawClient& silent = Client();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  AdvanceMs(20'000);
  EXPECT_TRUE(silent.over());
}

// Its request comes behind the handshake, and it would not send it again.
TEST_F(TlsListenerTest, DrainServesWhoIsAboutToSayHello) {
  Apply({TlsChain("a.example")});
  RawClient& client = Client(Asking("a.example"));
  // Not even accepted yet.
  listener_->Drain();
  EXPECT_EQ(listener_->connections(), 1u);
  ASSERT_TRUE(Served(client));
  EXPECT_NE(client.received().find("connection: close"), std::string::npos);
  ASSERT_TRUE(Over(client));
  client.Close();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 0; }));
}

TEST_F(TlsListenerTest, DrainDoesNotWaitForAHelloForEver) {
  config::FilterChain chain = TlsChain("a.example");
  chain.transport_connect_timeout_ms = 100;
  Apply({chain});
  RawClient& silent = Client();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  listener_->Drain();
  Settle();
  EXPECT_FALSE(silent.over());
  AdvanceMs(150);
  EXPECT_TRUE(silent.over());
  EXPECT_EQ(listener_->connections(), 0u);
}

TEST_F(TlsListenerTest, AListenerThatIsGoneTurnsAwayWhoSaysHello) {
  Apply({TlsChain("a.example")});
  RawClient& client = Client(Asking("a.example"));
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  listener_.reset();
  ASSERT_TRUE(Over(client));
  EXPECT_FALSE(client.connected());
}

// Chains of both kinds on one listener.
class MixedListenerTest : public TlsListenerFixture {
 protected:
  static config::FilterChain For(config::FilterChain chain, std::string protocol) {
    chain.match.transport_protocol = std::move(protocol);
    return chain;
  }
};

TEST_F(MixedListenerTest, TheFirstByteSaysWhichChainItIs) {
  Apply({For(TlsChain("a.example"), "tls"), For(Chain("plain"), "raw_buffer")});
  ASSERT_TRUE(Served(Client()));
  EXPECT_EQ(last_chain_, "plain");
  EXPECT_FALSE(handler_.downstream.tls);
  ASSERT_TRUE(Served(Client(Asking("a.example"))));
  EXPECT_EQ(last_chain_, "a.example");
  EXPECT_EQ(handler_.downstream.sni, "a.example");
  EXPECT_EQ(listener_->connections(), 2u);
  clients_.clear();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 0; }));
}

TEST_F(MixedListenerTest, PlainWordsGoToADefaultChainThatIsPlain) {
  Apply({TlsChain("a.example")}, Chain("default"));
  ASSERT_TRUE(Served(Client()));
  EXPECT_EQ(last_chain_, "default");
  ASSERT_TRUE(Served(Client(Asking("a.example"))));
  EXPECT_EQ(last_chain_, "a.example");
  // A hello that only a plain chain would take is refused.
  RawClient& other = Client(Asking("b.example"));
  ASSERT_TRUE(Over(other));
  EXPECT_FALSE(other.connected());
}

TEST_F(MixedListenerTest, WordsThatNoChainTakesAreClosed) {
  config::FilterChain plain = For(Chain("plain"), "raw_buffer");
  plain.match.source_prefixes = {{"192.0.2.0", 24}};
  Apply({For(TlsChain("a.example"), "tls"), plain});
  RawClient& client = Client();
  client.Send(kGet);
  ASSERT_TRUE(Over(client));
  EXPECT_TRUE(handler_.requests.empty());
}

TEST_F(MixedListenerTest, WhoSaysNothingIsClosed) {
  config::FilterChain chain = TlsChain("a.example");
  chain.transport_connect_timeout_ms = 100;
  Apply({chain, Chain("plain")});
  RawClient& silent = Client();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  AdvanceMs(50);
  EXPECT_FALSE(silent.over());
  AdvanceMs(100);
  EXPECT_TRUE(silent.over());
  EXPECT_EQ(listener_->connections(), 0u);
}

TEST_F(MixedListenerTest, WhoLeavesBeforeAWordIsForgotten) {
  Apply({TlsChain("a.example"), Chain("plain")});
  RawClient& silent = Client();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  silent.Close();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 0; }));
}

TEST_F(MixedListenerTest, DrainServesWhoHasNotSaidAWord) {
  Apply({TlsChain("a.example"), Chain("plain")});
  RawClient& client = Client();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  listener_->Drain();
  ASSERT_TRUE(Served(client));
  EXPECT_NE(client.received().find("connection: close"), std::string::npos);
  ASSERT_TRUE(Over(client));
}

TEST_F(TlsListenerTest, AChangeMeetsAHandshakeUnderWay) {
  Apply({TlsChain("a.example")});
  RawClient& client = Client(Asking("b.example"));
  loop_.RunOnce();
  Apply({TlsChain("b.example")});
  ASSERT_TRUE(Served(client));
  EXPECT_EQ(last_chain_, "b.example");
}

TEST_F(TlsListenerTest, TighterClientCertificateRulesEndOlderConnections) {
  config::FilterChain chain = TlsChain("a.example");
  Apply({chain});
  RawClient& client = Client(Asking("a.example"));
  ASSERT_TRUE(Served(client));
  // Another certificate alone is for new handshakes.
  Apply({TlsChain("a.example")});
  ASSERT_TRUE(Served(client));
  config::FilterChain tighter = TlsChain("a.example");
  auto settings = std::make_shared<config::DownstreamTls>(*tighter.tls);
  settings->common.validation = std::make_shared<config::TlsValidation>();
  settings->require_client_certificate = true;
  tighter.tls = settings;
  Apply({tighter});
  ASSERT_TRUE(Over(client));
}

TEST_F(TlsListenerTest, TheSameClientCertificateRulesMadeAnewEndNothing) {
  const auto checked = [&] {
    config::FilterChain chain = TlsChain("a.example");
    auto settings = std::make_shared<config::DownstreamTls>(*chain.tls);
    settings->common.validation = std::make_shared<config::TlsValidation>();
    chain.tls = settings;
    return chain;
  };
  Apply({checked()});
  RawClient& client = Client(Asking("a.example"));
  ASSERT_TRUE(Served(client));
  Apply({checked()});
  ASSERT_TRUE(Served(client));
  EXPECT_EQ(client.received().find("connection: close"), std::string::npos);
}

TEST_F(TlsListenerTest, PlainWordsToATlsListenerAreClosed) {
  Apply({TlsChain("a.example")});
  RawClient& client = Client();
  client.Send(kGet);
  ASSERT_TRUE(Over(client));
  EXPECT_TRUE(handler_.requests.empty());
}

}  // namespace
}  // namespace sluice::listener
