// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "base/manual_clock.h"
#include "dataplane/http/request_handler_fake.h"
#include "dataplane/listener/active_listener.h"
#include "dataplane/listener/raw_client.h"
#include "dataplane/tls/client_context.h"
#include "dataplane/tls/server_context.h"
#include "dataplane/tls/test_certificates.h"
#include "dataplane/tls/transport.h"
#include "gtest/gtest.h"

namespace sluice::listener {

inline constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n";

// A listener on loopback and its clients, on one loop whose time stands still.
class ListenerFixture : public ::testing::Test {
 protected:
  ListenerFixture() {
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
  ~ListenerFixture() override {
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

class TlsListenerFixture : public ListenerFixture {
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

}  // namespace sluice::listener
