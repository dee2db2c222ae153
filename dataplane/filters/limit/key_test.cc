// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/limit/key.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/arena.h"
#include "dataplane/filters/limit/config.h"
#include "dataplane/http/claims.h"
#include "dataplane/http/identity.h"

namespace sluice::filters {
namespace {

using Kind = LimitKeyPart::Kind;

LimitKeyPart Header(std::string name) {
  return {.kind = Kind::kHeader, .name = name, .header = http::FindHeaderId(name)};
}
LimitKeyPart ClientIp(uint8_t ipv4_prefix = 32, uint8_t ipv6_prefix = 64) {
  return {.kind = Kind::kClientIp, .ipv4_prefix = ipv4_prefix, .ipv6_prefix = ipv6_prefix};
}

std::shared_ptr<const LimitPolicy> Policy(std::vector<LimitKeyPart> key, std::string policy = "p",
                                          std::string rule = "r", uint64_t requests = 5) {
  LimitPolicy::Settings settings{.policy = std::move(policy)};
  settings.rules.push_back({.name = std::move(rule),
                            .requests = requests,
                            .window_ns = 1'000'000'000,
                            .burst = 5,
                            .key = std::move(key)});
  return LimitPolicy::Make(std::move(settings)).value();
}

class LimitKeyTest : public testing::Test {
 protected:
  // The key of the request as it stands.
  std::string Key(std::vector<LimitKeyPart> key) { return KeyIn(*Policy(std::move(key))); }
  std::string KeyIn(const LimitPolicy& policy) {
    LimitKeyText text;
    MakeLimitKey(policy.rules()[0], head_, info_, route_, text);
    return {text.begin(), text.end()};
  }
  std::string KeyWithHeaders(std::vector<std::pair<std::string, std::string>> headers) {
    head_.headers.Clear();
    for (const auto& [name, value] : headers) {
      head_.headers.Add(arena_.Copy(name), arena_.Copy(value));
    }
    return Key({Header("x-key")});
  }
  std::string KeyFrom(std::string_view address, LimitKeyPart part = ClientIp()) {
    info_.client_address = address;
    return Key({std::move(part)});
  }

  base::Arena arena_;
  http::RequestHead head_{arena_};
  http::StreamInfo info_;
  http::Identity identity_;
  config::Route named_;
  const config::Route* route_ = nullptr;
};

TEST_F(LimitKeyTest, CountsBelongToPolicyRuleAndParameters) {
  std::set<std::string> keys;
  keys.insert(KeyIn(*Policy({})));
  keys.insert(KeyIn(*Policy({}, "p2")));
  keys.insert(KeyIn(*Policy({}, "p", "r2")));
  keys.insert(KeyIn(*Policy({}, "p", "r", 6)));
  keys.insert(KeyIn(*Policy({{.kind = Kind::kRoute}})));
  keys.insert(KeyIn(*Policy({{.kind = Kind::kConsumer}})));
  keys.insert(KeyIn(*Policy({Header("a")})));
  keys.insert(KeyIn(*Policy({Header("b")})));
  keys.insert(KeyIn(*Policy({ClientIp()})));
  keys.insert(KeyIn(*Policy({ClientIp(24)})));
  EXPECT_EQ(keys.size(), 10u);
  // Made anew, as with each update of the configuration.
  EXPECT_EQ(KeyIn(*Policy({})), KeyIn(*Policy({})));
}

// RL-01: a second line, blanks or the case of a name open no new count.
TEST_F(LimitKeyTest, Rl01AHeaderHasOneCountHoweverItIsSent) {
  const std::string one = KeyWithHeaders({{"x-key", "a"}});
  EXPECT_EQ(KeyWithHeaders({{"x-key", "a"}, {"x-key", "a"}}), one);
  EXPECT_EQ(KeyWithHeaders({{"x-key", " a\t"}}), one);
  const std::string missing = KeyWithHeaders({});
  EXPECT_NE(missing, one);
  EXPECT_EQ(KeyWithHeaders({{"x-key", "a"}, {"x-key", "b"}}), missing);
  EXPECT_EQ(KeyWithHeaders({{"x-key", "a"}, {"x-key", "c"}, {"x-key", "a"}}), missing);
  EXPECT_NE(KeyWithHeaders({{"x-key", "b"}}), one);
  // Present and empty is not the same as missing.
  EXPECT_NE(KeyWithHeaders({{"x-key", ""}}), missing);
}

// RL-01: a zero byte neither ends a value nor splits it (HAProxy 1014a43e0).
TEST_F(LimitKeyTest, Rl01BytesOfValuesAreNoSeparators) {
  std::set<std::string> keys;
  const std::string zero(1, '\0');
  for (const std::string& value : {std::string("a"), "a" + zero, "a" + zero + "b", std::string()}) {
    keys.insert(KeyWithHeaders({{"x-key", value}}));
  }
  EXPECT_EQ(keys.size(), 4u);
  const auto both = [&](std::string_view a, std::string_view b) {
    head_.headers.Clear();
    head_.headers.Add("x-a", a);
    head_.headers.Add("x-b", b);
    return Key({Header("x-a"), Header("x-b")});
  };
  EXPECT_NE(both("ab", "c"), both("a", "bc"));
  EXPECT_NE(both("", "a"), both("a", ""));
}

// RL-01: the host has one name.
TEST_F(LimitKeyTest, Rl01TheHostIsCountedWithoutPortAndDot) {
  head_.authority = "a.example";
  const std::string one = Key({Header("host")});
  for (const std::string_view other : {"a.example.", "a.example:8443", "a.example.:1"}) {
    head_.authority = other;
    EXPECT_EQ(Key({Header("host")}), one) << other;
  }
  head_.authority = "b.example";
  EXPECT_NE(Key({Header("host")}), one);
}

// RL-01: an address has one count however it is written, and what cannot be read has one too.
TEST_F(LimitKeyTest, Rl01AnAddressHasOneCountHoweverItIsWritten) {
  EXPECT_EQ(KeyFrom("::ffff:192.0.2.1"), KeyFrom("192.0.2.1"));
  EXPECT_EQ(KeyFrom("2001:DB8:0::1"), KeyFrom("2001:db8::1"));
  EXPECT_EQ(KeyFrom(""), KeyFrom("unknown"));
  EXPECT_NE(KeyFrom("192.0.2.1"), KeyFrom("192.0.2.2"));
  EXPECT_NE(KeyFrom("192.0.2.1"), KeyFrom(""));
}

TEST_F(LimitKeyTest, AddressesOfOnePrefixAreOne) {
  EXPECT_EQ(KeyFrom("192.0.2.1", ClientIp(24)), KeyFrom("192.0.2.254", ClientIp(24)));
  EXPECT_NE(KeyFrom("192.0.2.1", ClientIp(24)), KeyFrom("192.0.3.1", ClientIp(24)));
  EXPECT_EQ(KeyFrom("192.0.2.1", ClientIp(31)), KeyFrom("192.0.2.0", ClientIp(31)));
  EXPECT_NE(KeyFrom("192.0.2.1", ClientIp(31)), KeyFrom("192.0.2.2", ClientIp(31)));
  EXPECT_EQ(KeyFrom("2001:db8:0:1::1"), KeyFrom("2001:db8:0:1:ffff::"));
  EXPECT_NE(KeyFrom("2001:db8:0:1::1"), KeyFrom("2001:db8:0:2::1"));
  EXPECT_NE(KeyFrom("2001:db8::1", ClientIp(32, 128)), KeyFrom("2001:db8::2", ClientIp(32, 128)));
  EXPECT_EQ(KeyFrom("2001:db8::1", ClientIp(32, 1)), KeyFrom("7fff::", ClientIp(32, 1)));
}

TEST_F(LimitKeyTest, ConsumersAreCountedApart) {
  const std::string nobody = Key({{.kind = Kind::kConsumer}});
  info_.identity = &identity_;
  EXPECT_EQ(Key({{.kind = Kind::kConsumer}}), nobody);
  identity_.consumer = "shop/alice";
  const std::string alice = Key({{.kind = Kind::kConsumer}});
  identity_.consumer = "shop/bob";
  EXPECT_NE(alice, nobody);
  EXPECT_NE(Key({{.kind = Kind::kConsumer}}), alice);
}

TEST_F(LimitKeyTest, ClaimsAreCountedByAllTheirValues) {
  const LimitKeyPart part{.kind = Kind::kClaim, .name = "org"};
  const std::string missing = Key({part});
  const auto with = [&](http::ClaimKind kind, const std::vector<std::string_view>& values) {
    http::Claims::Builder builder;
    builder.Add("org", 1, kind, values);
    const http::Claims claims = builder.Build();
    identity_.claims = &claims;
    info_.identity = &identity_;
    return Key({part});
  };
  const std::string one = with(http::ClaimKind::kString, {"a"});
  EXPECT_NE(one, missing);
  EXPECT_NE(with(http::ClaimKind::kString, {"b"}), one);
  EXPECT_NE(with(http::ClaimKind::kList, {"a", "b"}), one);
  EXPECT_NE(with(http::ClaimKind::kList, {"a", "b"}), with(http::ClaimKind::kList, {"ab"}));
  EXPECT_EQ(with(http::ClaimKind::kOther, {}), missing);
}

TEST_F(LimitKeyTest, RoutesAreCountedApart) {
  const std::string none = Key({{.kind = Kind::kRoute}});
  route_ = &named_;
  EXPECT_EQ(Key({{.kind = Kind::kRoute}}), none);
  named_.name = "shop/checkout/0";
  EXPECT_NE(Key({{.kind = Kind::kRoute}}), none);
}

}  // namespace
}  // namespace sluice::filters
