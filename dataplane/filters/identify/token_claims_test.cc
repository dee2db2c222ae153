// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/token_claims.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::filters {
namespace {

using http::ClaimKind;

class TokenClaimsTest : public testing::Test {
 protected:
  void Add(std::string path, ClaimKind kind, std::vector<std::string_view> values) {
    paths_.push_back(std::make_unique<std::string>(std::move(path)));
    values_.push_back(std::make_unique<std::vector<std::string_view>>(std::move(values)));
    builder_.Add(*paths_.back(), 1, kind, *values_.back());
  }
  std::string Header(std::string_view path) {
    const http::Claims claims = builder_.Build();
    return std::string(ClaimHeaderValue(claims, path, arena_).value_or("(none)"));
  }

  base::Arena arena_;
  std::vector<std::unique_ptr<std::string>> paths_;
  std::vector<std::unique_ptr<std::vector<std::string_view>>> values_;
  http::Claims::Builder builder_;
};

TEST_F(TokenClaimsTest, AHeaderSaysWhatTheClaimSays) {
  Add("s", ClaimKind::kString, {"a, b"});
  EXPECT_EQ(Header("s"), "a, b");
  Add("l", ClaimKind::kList, {"a", "b"});
  EXPECT_EQ(Header("l"), "a,b");
  Add("n", ClaimKind::kNumber, {"1"});
  EXPECT_EQ(Header("n"), "1");
}

// HD-05: a claim that is missing, an array, 1 MiB long, or holds what a header may not.
TEST_F(TokenClaimsTest, Hd05WhatAHeaderCannotSayIsNotSaid) {
  EXPECT_EQ(Header("missing"), "(none)");
  Add("o", ClaimKind::kOther, {});
  EXPECT_EQ(Header("o"), "(none)");
  Add("l", ClaimKind::kList, {"a,admin"});
  EXPECT_EQ(Header("l"), "(none)") << "one element would read as two";
  Add("c", ClaimKind::kString, {"a\r\nx-admin: 1"});
  EXPECT_EQ(Header("c"), "(none)");
  const std::string large(1024 * 1024, 'x');
  Add("m", ClaimKind::kString, {large});
  EXPECT_EQ(Header("m"), "(none)");
}

TEST_F(TokenClaimsTest, ScopesAreWordsOfTwoClaims) {
  Add("scope", ClaimKind::kString, {"read  write"});
  Add("scp", ClaimKind::kList, {"admin", "a b"});
  const http::Claims claims = builder_.Build();
  const auto scopes = ScopesOf(claims, arena_);
  EXPECT_EQ(std::vector<std::string>(scopes.begin(), scopes.end()),
            (std::vector<std::string>{"read", "write", "admin", "a", "b"}));
}

TEST_F(TokenClaimsTest, ARequiredClaimHasOneOfItsValues) {
  Add("role", ClaimKind::kString, {"admin"});
  Add("roles", ClaimKind::kList, {"a", "b"});
  const http::Claims claims = builder_.Build();
  EXPECT_TRUE(HasClaims(claims, {}));
  EXPECT_TRUE(HasClaims(claims, {{"role", {}}, {"roles", {"x", "b"}}}));
  EXPECT_FALSE(HasClaims(claims, {{"role", {"user"}}}));
  EXPECT_FALSE(HasClaims(claims, {{"role", {}}, {"missing", {}}}));
}

}  // namespace
}  // namespace sluice::filters
