// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of transports share: two ends over a socket pair, and a CA with a server's
// certificate.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "dataplane/config/tls.h"
#include "dataplane/tls/client_context.h"
#include "dataplane/tls/names.h"
#include "dataplane/tls/server_context.h"
#include "dataplane/tls/test_certificates.h"
#include "dataplane/tls/transport.h"
#include "gtest/gtest.h"

namespace sluice::tls {

using Status = event::IoResult::Status;

inline std::pair<event::UniqueFd, event::UniqueFd> SocketPair() {
  int fds[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  return {event::UniqueFd(fds[0]), event::UniqueFd(fds[1])};
}

inline std::shared_ptr<const ServerTlsContext> Server(const config::DownstreamTls& config) {
  auto context = ServerTlsContext::Create(config);
  EXPECT_TRUE(context.ok()) << context.status();
  return context.ok() ? *context : nullptr;
}

inline std::shared_ptr<const ClientTlsContext> Client(const config::UpstreamTls& config) {
  auto context = ClientTlsContext::Create(config);
  EXPECT_TRUE(context.ok()) << context.status();
  return context.ok() ? *context : nullptr;
}

// Chooses among contexts by server name.
struct Selector final : ServerContextSelector {
  std::shared_ptr<const ServerTlsContext> Select(const ClientHelloInfo& hello) override {
    seen = hello;
    ++calls;
    const absl::Span<const int> found = names.Find(hello.server_name);
    return found.empty() ? nullptr : contexts[found[0]];
  }
  void Add(std::string_view pattern, std::shared_ptr<const ServerTlsContext> context) {
    names.Add(pattern, static_cast<int>(contexts.size()));
    contexts.push_back(std::move(context));
  }
  ServerNames names;
  std::vector<std::shared_ptr<const ServerTlsContext>> contexts;
  ClientHelloInfo seen;
  int calls = 0;
};

// Two ends of one connection, turned by hand.
struct Pair {
  // Turns both until both are done or one fails. True if both are done.
  bool Handshake() {
    Status a = Status::kAgain, b = Status::kAgain;
    for (int i = 0; i < 100; ++i) {
      if (a == Status::kAgain) a = client->Handshake().status;
      if (a == Status::kOk) Flush(*client);
      if (b == Status::kAgain) b = server->Handshake().status;
      if (a != Status::kAgain && b != Status::kAgain) break;
    }
    // A server's refusal reaches a TLS 1.3 client only after its own handshake.
    return a == Status::kOk && b == Status::kOk;
  }
  static void Flush(TlsTransport& transport) {
    base::Buffer nothing;
    transport.Write(nothing);
  }
  static std::string Send(TlsTransport& from, TlsTransport& to, std::string_view bytes) {
    base::Buffer out;
    out.AppendCopy(bytes);
    std::string got;
    for (int i = 0; i < 10000 && (!out.empty() || got.size() < bytes.size()); ++i) {
      from.Write(out);
      base::Buffer in;
      if (to.Read(in, 65536).status == Status::kError) break;
      got += in.ToString();
    }
    return got;
  }
  std::unique_ptr<TlsServerTransport> server;
  std::unique_ptr<TlsClientTransport> client;
};

class TransportTest : public ::testing::Test {
 protected:
  TransportTest() {
    server_.common.certificates = {leaf_.Config("leaf")};
    client_.common.validation = Trust(ca_);
    client_.sni = "a.example";
    client_.auto_san_validation = true;
  }

  static std::shared_ptr<config::TlsValidation> Trust(const TestCertificate& ca) {
    auto validation = std::make_shared<config::TlsValidation>();
    validation->name = "ca";
    validation->trusted_ca_pem = ca.certificate_pem;
    return validation;
  }

  static Pair Connect(std::shared_ptr<const ServerTlsContext> server,
                      std::shared_ptr<const ClientTlsContext> client,
                      const ClientTlsTarget& target = {}) {
    auto [a, b] = SocketPair();
    return {std::make_unique<TlsServerTransport>(std::move(a), std::move(server)),
            std::make_unique<TlsClientTransport>(std::move(b), std::move(client), target)};
  }
  static Pair Connect(Selector& selector, std::shared_ptr<const ClientTlsContext> client) {
    auto [a, b] = SocketPair();
    return {
        std::make_unique<TlsServerTransport>(std::move(a), selector),
        std::make_unique<TlsClientTransport>(std::move(b), std::move(client), ClientTlsTarget{})};
  }
  Pair Connect() { return Connect(Server(server_), Client(client_)); }

  // A client with a certificate.
  config::UpstreamTls ClientWith(const TestCertificate& certificate) const {
    config::UpstreamTls config = client_;
    config.common.certificates = {certificate.Config("client")};
    return config;
  }

  const TestCertificate ca_ = MakeTestCertificate({.common_name = "ca", .ca = true});
  const TestCertificate leaf_ =
      MakeTestCertificate({.dns = {"a.example", "*.wild.example"}, .ips = {"127.0.0.1"}}, &ca_);
  config::DownstreamTls server_;
  config::UpstreamTls client_;
};

}  // namespace sluice::tls
