// SPDX-License-Identifier: Apache-2.0
//
// Requests on TLS connections whose handshake was for another host (TLS-02).
#include <string>
#include <string_view>

#include "dataplane/exchange/exchange_fixture.h"

namespace sluice::exchange {
namespace {

class HandshakeScopeTest : public ExchangeFixture {
 protected:
  struct Scope final : http::HandshakeScope {
    Fit Judge(std::string_view authority) override {
      asked = authority;
      return fit;
    }
    Fit fit = Fit::kSame;
    std::string asked;
  };

  HandshakeScopeTest() {
    downstream_.tls = true;
    downstream_.scope = &scope_;
  }

  Scope scope_;
};

TEST_F(HandshakeScopeTest, AHostOfTheHandshakeIsServed) {
  ASSERT_TRUE(Answers(Get()));
  EXPECT_EQ(scope_.asked, "a.example");
}

TEST_F(HandshakeScopeTest, AHostOfAnotherChainIs421AndGoesNowhere) {
  scope_.fit = http::HandshakeScope::Fit::kOther;
  FakeClient& client = Post();
  ASSERT_TRUE(Until([&] { return client.stream.ended; }));
  EXPECT_EQ(client.stream.status, 421);
  EXPECT_EQ(client.stream.Field("content-type"), "application/problem+json");
  EXPECT_NE(client.stream.body.find("\"title\":\"Misdirected Request\""), std::string::npos)
      << client.stream.body;
  client.Data("more", true);
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(Log(), "421 NR misdirected-request");
  EXPECT_EQ(server_.accepted(), 0u);
}

// The one route takes every host.
TEST_F(HandshakeScopeTest, AHostOfNoChainIsNotServedByARouteEither) {
  scope_.fit = http::HandshakeScope::Fit::kNone;
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 421);
  EXPECT_EQ(server_.accepted(), 0u);
}

TEST_F(HandshakeScopeTest, AHostThatNobodyKnowsIs404) {
  scope_.fit = http::HandshakeScope::Fit::kNone;
  has_router_ = false;
  FakeClient& client = Get();
  ASSERT_TRUE(Over(client));
  EXPECT_EQ(client.stream.status, 404);
  EXPECT_EQ(Log(), "404 NR route-not-found");
}

}  // namespace
}  // namespace sluice::exchange
