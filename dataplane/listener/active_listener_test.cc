// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/active_listener.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "dataplane/http/request_handler_fake.h"
#include "dataplane/listener/raw_client.h"
#include "dataplane/tls/client_context.h"
#include "dataplane/tls/server_context.h"
#include "dataplane/tls/test_certificates.h"
#include "dataplane/tls/transport.h"
#include "gtest/gtest.h"

namespace sluice::listener {
namespace {

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n";

// A listener on loopback and its clients, on one loop whose time stands still.
class ActiveListenerTest : public ::testing::Test {
 protected:
  ActiveListenerTest() {
    handler_.on_request = [](http::FakeRequest& request) { request.Answer(200, "ok"); };
    auto sockets = std::make_shared<ListenSockets>();
    auto fd = event::ListenSocket(*event::Address::FromIp("127.0.0.1", 0));
    CHECK_OK(fd.status());
    sockets->address = *event::LocalAddress(fd->get());
    port_ = sockets->address.port();
    sockets->fds.push_back(*std::move(fd));
    sockets_ = {std::move(sockets)};
    listener_ = MakeListener();
  }
  ~ActiveListenerTest() override {
    clients_.clear();
    if (listener_ != nullptr) listener_->CloseAll();
    Settle();
  }

  std::unique_ptr<ActiveListener> MakeListener() {
    return std::make_unique<ActiveListener>(
        loop_, /*worker=*/0, /*workers=*/1, stats_, "l",
        [this](const config::Listener&, const config::FilterChain& chain) {
          ++handlers_made_;
          return std::make_unique<Handler>(handler_, chain.name, last_chain_);
        });
  }

  // Which chain a request was treated by is known by its handler.
  class Handler final : public ChainHandler {
   public:
    Handler(http::FakeRequestHandler& handler, std::string name, std::string& last)
        : handler_(handler), name_(std::move(name)), last_(last) {}
    http::RequestHandler& handler() override {
      last_ = name_;
      return handler_;
    }

   private:
    http::FakeRequestHandler& handler_;
    const std::string name_;
    std::string& last_;
  };

  static std::shared_ptr<config::HttpConnection> Http() {
    return std::make_shared<config::HttpConnection>();
  }
  static config::FilterChain Chain(std::string name) {
    return {.name = std::move(name), .http = Http()};
  }
  void Apply(std::vector<config::FilterChain> chains,
             std::optional<config::FilterChain> other = std::nullopt) {
    config::Listener config = base_;
    config.filter_chains = std::move(chains);
    config.default_filter_chain = std::move(other);
    listener_->Apply(std::make_shared<const config::Listener>(std::move(config)), sockets_);
  }

  template <typename Done>
  [[nodiscard]] bool RunUntil(Done done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      loop_.RunOnce();
    }
    return true;
  }
  void Settle() {
    for (int i = 0; i < 50; ++i) loop_.RunOnce();
  }
  void AdvanceMs(int64_t ms) {
    clock_.AdvanceMs(ms);
    Settle();
  }

  RawClient& Client(const RawClient::Wrap& wrap = nullptr) {
    clients_.push_back(std::make_unique<RawClient>(loop_, port_, wrap));
    return *clients_.back();
  }
  // Sends a GET and waits for its answer.
  [[nodiscard]] bool Served(RawClient& client) {
    client.received().clear();
    client.Send(kGet);
    return RunUntil([&] { return client.received().ends_with("ok") || client.over(); }) &&
           client.received().starts_with("HTTP/1.1 200");
  }
  [[nodiscard]] bool Over(RawClient& client) {
    return RunUntil([&] { return client.over(); });
  }
  int64_t Gauge(std::string_view name) {
    return stats_.GetGauge(name, {{"listener", "l"}}).value();
  }
  uint64_t Counter(std::string_view name) {
    return stats_.GetCounter(name, {{"listener", "l"}}).value();
  }

  base::ManualClock clock_;
  event::Loop loop_{clock_};
  telemetry::StatsShard stats_;
  http::FakeRequestHandler handler_;
  std::string last_chain_;
  int handlers_made_ = 0;
  config::Listener base_;
  uint16_t port_ = 0;
  std::vector<std::shared_ptr<const ListenSockets>> sockets_;
  std::unique_ptr<ActiveListener> listener_;
  std::vector<std::unique_ptr<RawClient>> clients_;
};

TEST_F(ActiveListenerTest, ServesAndCounts) {
  Apply({Chain("a")});
  RawClient& client = Client();
  ASSERT_TRUE(Served(client));
  EXPECT_EQ(Counter("downstream_connections_total"), 1u);
  EXPECT_EQ(Gauge("downstream_connections_active"), 1);
  EXPECT_EQ(listener_->connections(), 1u);
  EXPECT_EQ(handler_.downstream.listener, "l");
  EXPECT_EQ(handler_.downstream.local_port, port_);
  EXPECT_EQ(handler_.downstream.remote_ip, "127.0.0.1");
  client.Close();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 0; }));
  EXPECT_EQ(Gauge("downstream_connections_active"), 0);
}

TEST_F(ActiveListenerTest, AChangeKeepsConnectionsAndTreatsTheirNextRequest) {
  Apply({Chain("a")});
  RawClient& client = Client();
  ASSERT_TRUE(Served(client));
  auto changed = Chain("a");
  Apply({Chain("new"), changed});
  ASSERT_TRUE(Served(client));
  EXPECT_EQ(last_chain_, "a");
  EXPECT_EQ(handlers_made_, 3);
  EXPECT_EQ(handler_.connection_ids[0], handler_.connection_ids[1]);
}

TEST_F(ActiveListenerTest, TheSameConfigurationKeepsItsHandler) {
  const config::FilterChain chain = Chain("a");
  Apply({chain});
  Apply({chain});
  EXPECT_EQ(handlers_made_, 1);
}

TEST_F(ActiveListenerTest, ChainsWithoutNamesAreMatchedByPlace) {
  Apply({Chain("")});
  RawClient& client = Client();
  ASSERT_TRUE(Served(client));
  Apply({Chain("")});
  ASSERT_TRUE(Served(client));
  EXPECT_FALSE(client.over());
}

TEST_F(ActiveListenerTest, ARemovedChainFinishesWhatItHasAndCloses) {
  handler_.on_request = nullptr;
  Apply({Chain("a")});
  RawClient& busy = Client();
  RawClient& idle = Client();
  busy.Send(kGet);
  idle.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests.size() == 2; }));
  handler_.requests[1]->Answer(200);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests[1]->complete; }));
  http::FakeRequest& request = *handler_.requests[0];
  Apply({Chain("b")});
  ASSERT_TRUE(Over(idle));
  EXPECT_FALSE(busy.over());
  request.Answer(200, "late");
  ASSERT_TRUE(Over(busy));
  EXPECT_NE(busy.received().find("connection: close"), std::string::npos) << busy.received();
  EXPECT_TRUE(busy.received().ends_with("late"));
}

TEST_F(ActiveListenerTest, TheDefaultChainTakesWhatNoOtherDoes) {
  config::FilterChain never = Chain("never");
  never.match.source_prefixes = {{"192.0.2.0", 24}};
  Apply({never}, Chain("default"));
  ASSERT_TRUE(Served(Client()));
  EXPECT_EQ(last_chain_, "default");
}

TEST_F(ActiveListenerTest, WithoutAChainAConnectionIsClosed) {
  config::FilterChain never = Chain("never");
  never.match.source_prefixes = {{"192.0.2.0", 24}};
  Apply({never});
  ASSERT_TRUE(Over(Client()));
  EXPECT_EQ(Counter("downstream_connections_refused_total"), 1u);
  EXPECT_EQ(listener_->connections(), 0u);
}

TEST_F(ActiveListenerTest, ConnectionsBeyondTheLimitAreClosed) {
  base_.max_connections = 2;
  Apply({Chain("a")});
  RawClient& first = Client();
  ASSERT_TRUE(Served(first));
  ASSERT_TRUE(Served(Client()));
  ASSERT_TRUE(Over(Client()));
  EXPECT_EQ(Counter("downstream_connections_refused_total"), 1u);
  first.Close();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  ASSERT_TRUE(Served(Client()));
}

TEST_F(ActiveListenerTest, DrainLetsRequestsFinishAndTakesNoOthers) {
  handler_.on_request = nullptr;
  Apply({Chain("a")});
  RawClient& client = Client();
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests.size() == 1; }));
  listener_->Drain();
  RawClient& late = Client();
  late.Send(kGet);
  Settle();
  EXPECT_EQ(handler_.requests.size(), 1u);
  EXPECT_EQ(listener_->connections(), 1u);
  handler_.requests[0]->Answer(200, "ok");
  ASSERT_TRUE(Over(client));
  EXPECT_TRUE(client.received().ends_with("ok"));
}

TEST_F(ActiveListenerTest, CloseAllEndsEverything) {
  handler_.on_request = nullptr;
  Apply({Chain("a")});
  RawClient& client = Client();
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests.size() == 1; }));
  listener_->CloseAll();
  ASSERT_TRUE(Over(client));
  EXPECT_TRUE(handler_.requests[0]->reset.has_value());
  EXPECT_EQ(listener_->connections(), 0u);
}

TEST_F(ActiveListenerTest, AConnectionOutlivesItsListener) {
  handler_.on_request = nullptr;
  Apply({Chain("a")});
  RawClient& client = Client();
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests.size() == 1; }));
  listener_->CloseAll();
  listener_.reset();
  ASSERT_TRUE(Over(client));
}

class TlsListenerTest : public ActiveListenerTest {
 protected:
  static config::FilterChain TlsChain(std::string name, std::vector<std::string> alpn = {}) {
    config::FilterChain chain = Chain(name);
    const auto certificate = tls::MakeTestCertificate({.common_name = name, .dns = {name}});
    auto settings = std::make_shared<config::DownstreamTls>();
    settings->common.certificates = {certificate.Config(name)};
    settings->common.alpn = std::move(alpn);
    auto context = tls::ServerTlsContext::Create(*settings);
    CHECK_OK(context.status());
    chain.tls = settings;
    chain.tls_context = *context;
    chain.match.server_names = {name};
    return chain;
  }
  static RawClient::Wrap Asking(std::string server_name, std::vector<std::string> alpn = {}) {
    config::UpstreamTls settings;
    settings.sni = server_name;
    settings.common.alpn = std::move(alpn);
    auto context = tls::ClientTlsContext::Create(settings);
    CHECK_OK(context.status());
    return [context = *context](event::UniqueFd fd) {
      return std::make_unique<tls::TlsClientTransport>(std::move(fd), context,
                                                       tls::ClientTlsTarget{});
    };
  }
};

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

TEST_F(TlsListenerTest, WhoHasNotSaidHelloCountsAgainstTheLimit) {
  base_.max_connections = 1;
  Apply({TlsChain("a.example")});
  RawClient& silent = Client();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  ASSERT_TRUE(Over(Client()));
  EXPECT_EQ(Counter("downstream_connections_refused_total"), 1u);
  silent.Close();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 0; }));
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

// The listener is gone while a client is about to say hello.
TEST_F(TlsListenerTest, DrainTurnsAwayWhoHasNotSaidHello) {
  Apply({TlsChain("a.example")});
  RawClient& silent = Client();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  listener_->Drain();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 0; }));
  EXPECT_TRUE(Over(silent));
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

TEST_F(TlsListenerTest, PlainWordsToATlsListenerAreClosed) {
  Apply({TlsChain("a.example")});
  RawClient& client = Client();
  client.Send(kGet);
  ASSERT_TRUE(Over(client));
  EXPECT_TRUE(handler_.requests.empty());
}

}  // namespace
}  // namespace sluice::listener
