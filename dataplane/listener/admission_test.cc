// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/admission.h"

#include <memory>
#include <string>
#include <vector>

#include "dataplane/listener/listener_fixture.h"

namespace sluice::listener {
namespace {

// What a handshake for `asked` says of requests for other hosts.
class HandshakeScopeTest : public TlsListenerFixture {
 protected:
  using Fit = http::HandshakeScope::Fit;

  static config::FilterChain For(std::string name, std::vector<std::string> server_names) {
    config::FilterChain chain = TlsChain(std::move(name));
    chain.match.server_names = std::move(server_names);
    return chain;
  }
  RawClient& Handshake(std::string_view asked) {
    RawClient& client = Client(Asking(std::string(asked)));
    EXPECT_TRUE(Served(client));
    return client;
  }
  Fit Judge(std::string_view authority) { return handler_.downstream.scope->Judge(authority); }
};

TEST_F(HandshakeScopeTest, StandsForTheHostsOfItsChain) {
  Apply({For("a", {"a.example"}), For("w", {"*.w.example"}), For("x", {"x.w.example"})});
  Handshake("1.w.example");
  EXPECT_EQ(Judge("1.w.example"), Fit::kSame);
  EXPECT_EQ(Judge("2.w.example:8443"), Fit::kSame);
  EXPECT_EQ(Judge("2.w.example."), Fit::kSame);
  EXPECT_EQ(Judge("3.4.w.example"), Fit::kSame);
  EXPECT_EQ(Judge("x.w.example"), Fit::kOther);  // Covered by the certificate, perhaps.
  EXPECT_EQ(Judge("a.example"), Fit::kOther);
  EXPECT_EQ(Judge("w.example"), Fit::kNone);
  EXPECT_EQ(Judge("127.0.0.1"), Fit::kNone);
  EXPECT_EQ(Judge("1.w.example"), Fit::kSame);  // What came between changes nothing.
  Handshake("a.example");
  EXPECT_EQ(Judge("a.example"), Fit::kSame);
  EXPECT_EQ(Judge("1.w.example"), Fit::kOther);
}

TEST_F(HandshakeScopeTest, ADefaultChainStandsForWhatNoOtherHas) {
  Apply({For("a", {"a.example"})}, For("default", {}));
  Handshake("b.example");
  EXPECT_EQ(Judge("c.example"), Fit::kSame);
  EXPECT_EQ(Judge("[::1]:443"), Fit::kSame);
  EXPECT_EQ(Judge("a.example"), Fit::kOther);
  Handshake("");  // No server name at all.
  EXPECT_EQ(last_chain_, "default");
  EXPECT_EQ(Judge("b.example"), Fit::kSame);
  EXPECT_EQ(Judge("a.example"), Fit::kOther);
}

TEST_F(HandshakeScopeTest, OneChainForAllNamesStandsForEveryHost) {
  Apply({For("all", {})});
  Handshake("b.example");
  EXPECT_EQ(Judge("c.example"), Fit::kSame);
  EXPECT_EQ(Judge("192.0.2.1:443"), Fit::kSame);
}

TEST_F(HandshakeScopeTest, AnotherCertificateOfTheSameChainIsAnotherHandshake) {
  config::FilterChain chain = For("all", {});
  auto settings = std::make_shared<config::DownstreamTls>(*chain.tls);
  settings->common.certificates.clear();
  for (const char* name : {"a.example", "b.example"}) {
    settings->common.certificates.push_back(tls::MakeTestCertificate({.dns = {name}}).Config(name));
  }
  auto context = tls::ServerTlsContext::Create(*settings);
  CHECK_OK(context.status());
  chain.tls = settings;
  chain.tls_context = *context;
  Apply({chain});
  Handshake("b.example");
  EXPECT_EQ(Judge("b.example:443"), Fit::kSame);
  EXPECT_EQ(Judge("a.example"), Fit::kOther);
}

TEST_F(HandshakeScopeTest, AHostThatGetsAChainOfItsOwnLeavesOlderConnections) {
  Apply({For("all", {})});
  RawClient& a = Handshake("a.example");
  RawClient& b = Handshake("b.example");
  EXPECT_EQ(Judge("a.example"), Fit::kSame);
  Apply({For("all", {}), For("a", {"a.example"})});
  EXPECT_EQ(Judge("a.example"), Fit::kOther);
  EXPECT_EQ(Judge("b.example"), Fit::kSame);
  // It can be had by a new handshake only, so the old one is ended.
  ASSERT_TRUE(Over(a));
  EXPECT_FALSE(b.over());
  ASSERT_TRUE(Served(b));
}

TEST_F(HandshakeScopeTest, PlainConnectionsHaveNone) {
  Apply({Chain("a")});
  ASSERT_TRUE(Served(Client()));
  EXPECT_EQ(handler_.downstream.scope, nullptr);
}

}  // namespace
}  // namespace sluice::listener
