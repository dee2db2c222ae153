// SPDX-License-Identifier: Apache-2.0
// Single tests by hand; whole trees are compared with Envoy's words in compile/condition_test.cc.
#include "dataplane/condition/condition.h"

#include <gtest/gtest.h>

#include "base/arena.h"

namespace sluice::condition {
namespace {

using Kind = config::StringMatch::Kind;

class ConditionTest : public testing::Test {
 protected:
  ConditionTest() {
    head_.method = "GET";
    head_.scheme = "https";
    head_.authority = "a.example";
    head_.path = "/x";
    downstream_.remote_ip = "192.0.2.9";
    downstream_.local_address = "[2001:db8::1]:443";
    downstream_.local_port = 443;
    info_.downstream = &downstream_;
    info_.client_address = "203.0.113.5";
  }

  bool Matches(Condition::Builder& builder) { return builder.Build().Matches(head_, info_); }
  bool MatchesHeader(config::HeaderMatch match, Leaning leaning = Leaning::kLetsIn) {
    Condition::Builder builder(leaning);
    EXPECT_TRUE(builder.Header(std::move(match)).ok());
    return Matches(builder);
  }
  template <typename Add>
  bool MatchesOne(Add add) {
    Condition::Builder builder(Leaning::kLetsIn);
    EXPECT_TRUE(add(builder).ok());
    return Matches(builder);
  }
  bool MatchesIdentity(IdentityMatcher::Field field, std::string claim, std::string text) {
    IdentityMatcher::ValueTest test;
    test.kind = IdentityMatcher::ValueTest::Kind::kText;
    test.text = std::make_unique<const TextMatcher>(*TextMatcher::Make({.value = std::move(text)}));
    Condition::Builder builder(Leaning::kLetsIn);
    EXPECT_TRUE(
        builder.Identity(IdentityMatcher(field, std::move(claim), std::move(test), false)).ok());
    return Matches(builder);
  }

  base::Arena arena_;
  http::RequestHead head_{arena_};
  http::DownstreamInfo downstream_;
  http::StreamInfo info_;
};

TEST_F(ConditionTest, EmptyGroupsHoldAsUsual) {
  Condition::Builder all(Leaning::kLetsIn);
  ASSERT_TRUE(all.BeginAll().ok());
  all.End();
  EXPECT_TRUE(Matches(all));
  Condition::Builder one(Leaning::kLetsIn);
  ASSERT_TRUE(one.BeginOne().ok());
  one.End();
  EXPECT_FALSE(Matches(one));
}

// HD-04: the same header twice. A second copy never helps the caller.
TEST_F(ConditionTest, Hd04EveryCopyOfAHeaderIsJudged) {
  head_.headers.Add("x-role", "user");
  head_.headers.Add("x-role", "admin");
  const config::HeaderMatch user{.name = "x-role", .match = {.value = "user"}};
  const config::HeaderMatch admin{.name = "x-role", .match = {.value = "admin"}};
  EXPECT_FALSE(MatchesHeader(user, Leaning::kLetsIn));
  EXPECT_FALSE(MatchesHeader(admin, Leaning::kLetsIn));
  EXPECT_TRUE(MatchesHeader(user, Leaning::kKeepsOut));
  EXPECT_TRUE(MatchesHeader(admin, Leaning::kKeepsOut));
}

TEST_F(ConditionTest, Hd04NotTurnsTheJudgementRound) {
  head_.headers.Add("x-role", "user");
  head_.headers.Add("x-role", "admin");
  // "Let in who is no admin": one copy that says admin is enough to be one.
  Condition::Builder builder(Leaning::kLetsIn);
  ASSERT_TRUE(builder.BeginNot().ok());
  ASSERT_TRUE(builder.Header({.name = "x-role", .match = {.value = "admin"}}).ok());
  builder.End();
  EXPECT_FALSE(Matches(builder));
}

TEST_F(ConditionTest, AnInvertedHeaderWantsOneThatIsThere) {
  config::HeaderMatch match{.name = "x-a", .match = {.value = "1"}, .invert = true};
  EXPECT_FALSE(MatchesHeader(match));
  match.missing_is_empty = true;
  EXPECT_TRUE(MatchesHeader(match));
  head_.headers.Add("x-a", "1");
  EXPECT_FALSE(MatchesHeader(match));
}

TEST_F(ConditionTest, AbsenceIsPresenceInverted) {
  const config::HeaderMatch absent{
      .name = "x-a", .match = {.kind = Kind::kPresent}, .invert = true};
  EXPECT_TRUE(MatchesHeader(absent));
  head_.headers.Add("x-a", "");
  EXPECT_FALSE(MatchesHeader(absent));
}

TEST_F(ConditionTest, PseudoHeadersAreHeaders) {
  EXPECT_TRUE(MatchesHeader({.name = ":method", .match = {.value = "GET"}}));
  EXPECT_TRUE(MatchesHeader({.name = "host", .match = {.value = "a.example"}}));
  EXPECT_TRUE(MatchesHeader({.name = ":scheme", .match = {.value = "https"}}));
  head_.path = "/x?q";
  EXPECT_TRUE(MatchesHeader({.name = ":path", .match = {.value = "/x?q"}}));
}

TEST_F(ConditionTest, ARangeWantsANumber) {
  const config::HeaderMatch match{.name = "x-n", .range = {{-5, 10}}};
  EXPECT_FALSE(MatchesHeader(match));
  head_.headers.Add("x-n", "-5");
  EXPECT_TRUE(MatchesHeader(match));
  head_.headers.Set("x-n", "10");
  EXPECT_FALSE(MatchesHeader(match));
  head_.headers.Set("x-n", "1x");
  EXPECT_FALSE(MatchesHeader(match));
}

// PN-04: the query is never part of what an exact rule compares.
TEST_F(ConditionTest, Pn04APathIsWithoutItsQuery) {
  const auto path = [](Condition::Builder& builder) { return builder.Path({.value = "/admin"}); };
  for (const std::string_view same : {"/admin", "/admin?", "/admin?x=/y"}) {
    head_.path = same;
    EXPECT_TRUE(MatchesOne(path)) << same;
  }
  for (const std::string_view other : {"/admin%3f", "/administrator", "/admin;x", "/"}) {
    head_.path = other;
    EXPECT_FALSE(MatchesOne(path)) << other;
  }
}

TEST_F(ConditionTest, AddressesAreThoseOfTheirSide) {
  const Cidr peer = *Cidr::Make("192.0.2.0", 24);
  const Cidr client = *Cidr::Make("203.0.113.0", 24);
  const Cidr local = *Cidr::Make("2001:db8::", 32);
  EXPECT_TRUE(MatchesOne([&](Condition::Builder& b) { return b.PeerIp(peer); }));
  EXPECT_FALSE(MatchesOne([&](Condition::Builder& b) { return b.PeerIp(client); }));
  EXPECT_TRUE(MatchesOne([&](Condition::Builder& b) { return b.ClientIp(client); }));
  EXPECT_FALSE(MatchesOne([&](Condition::Builder& b) { return b.ClientIp(peer); }));
  EXPECT_TRUE(MatchesOne([&](Condition::Builder& b) { return b.LocalIp(local); }));
  EXPECT_TRUE(MatchesOne([](Condition::Builder& b) { return b.LocalPort(443, 444); }));
  EXPECT_FALSE(MatchesOne([](Condition::Builder& b) { return b.LocalPort(400, 443); }));
}

TEST_F(ConditionTest, AnUnverifiedCertificateProvesNothing) {
  downstream_.peer_subject = "CN=alice";
  const auto any = [](Condition::Builder& b) { return b.Authenticated({}); };
  const auto alice = [](Condition::Builder& b) {
    return b.Authenticated(config::StringMatch{.value = "CN=alice"});
  };
  EXPECT_FALSE(MatchesOne(any));
  EXPECT_FALSE(MatchesOne(alice));
  downstream_.peer_verified = true;
  EXPECT_TRUE(MatchesOne(any));
  EXPECT_TRUE(MatchesOne(alice));
}

TEST_F(ConditionTest, TheSubjectCountsWhereThereIsNoAlternativeName) {
  const std::vector<std::string> uris = {"spiffe://x/alice"};
  downstream_.peer_verified = true;
  downstream_.peer_subject = "CN=alice";
  downstream_.peer_uris = uris;
  const auto named = [](std::string name) {
    return [name = std::move(name)](Condition::Builder& b) {
      return b.Authenticated(config::StringMatch{.value = name});
    };
  };
  EXPECT_TRUE(MatchesOne(named("spiffe://x/alice")));
  EXPECT_FALSE(MatchesOne(named("CN=alice")));
}

TEST_F(ConditionTest, WithoutIdentityNothingIsSaidOfIt) {
  EXPECT_FALSE(MatchesIdentity(IdentityMatcher::Field::kConsumer, "", ""));
  http::Identity identity{.consumer = "shop/alice", .method = "key"};
  info_.identity = &identity;
  EXPECT_TRUE(MatchesIdentity(IdentityMatcher::Field::kConsumer, "", "shop/alice"));
  EXPECT_FALSE(MatchesIdentity(IdentityMatcher::Field::kConsumer, "", "shop/bob"));
  EXPECT_FALSE(MatchesIdentity(IdentityMatcher::Field::kClaim, "role", "admin"));
}

TEST_F(ConditionTest, AClaimIsFoundByItsPath) {
  const std::string_view admin[] = {"admin"};
  http::Claims::Builder builder;
  builder.Add("realm.role", 2, http::ClaimKind::kString, admin);
  const http::Claims claims = builder.Build();
  http::Identity identity{.method = "jwt", .claims = &claims};
  info_.identity = &identity;
  EXPECT_TRUE(MatchesIdentity(IdentityMatcher::Field::kClaim, "realm.role", "admin"));
  EXPECT_FALSE(MatchesIdentity(IdentityMatcher::Field::kClaim, "realm", "admin"));
}

TEST_F(ConditionTest, LimitsAreErrors) {
  Condition::Builder deep(Leaning::kLetsIn);
  for (size_t i = 0; i < Condition::kMaxDepth; ++i) ASSERT_TRUE(deep.BeginAll().ok());
  EXPECT_FALSE(deep.BeginAll().ok());
  Condition::Builder wide(Leaning::kLetsIn);
  ASSERT_TRUE(wide.BeginAll().ok());
  for (size_t i = 1; i < Condition::kMaxTests; ++i) ASSERT_TRUE(wide.Any().ok());
  EXPECT_FALSE(wide.Any().ok());
  Condition::Builder regex(Leaning::kLetsIn);
  EXPECT_FALSE(regex.Path({.kind = Kind::kRegex, .value = "("}).ok());
}

}  // namespace
}  // namespace sluice::condition
