// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/claims.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::http {
namespace {

using ::testing::ElementsAre;
using Values = std::vector<std::string_view>;

std::vector<std::string_view> Paths(const Claims& claims) {
  std::vector<std::string_view> paths;
  for (const Claim& claim : claims.entries()) paths.push_back(claim.path);
  return paths;
}

TEST(ClaimsTest, FindsByPathWhateverTheOrderOfAdding) {
  Claims::Builder builder;
  builder.Add("sub", 1, ClaimKind::kString, Values{"ann"});
  builder.Add("realm_access.roles", 2, ClaimKind::kList, Values{"admin", "user"});
  builder.Add("aud", 1, ClaimKind::kList, Values{});
  const Claims claims = builder.Build();
  EXPECT_THAT(Paths(claims), ElementsAre("aud", "realm_access.roles", "sub"));
  EXPECT_THAT(claims.Find("realm_access.roles")->values, ElementsAre("admin", "user"));
  EXPECT_EQ(claims.FindString("sub"), "ann");
  EXPECT_TRUE(claims.Find("aud")->values.empty());
  EXPECT_EQ(claims.Find("su"), nullptr);
  EXPECT_EQ(claims.Find("subs"), nullptr);
  EXPECT_EQ(claims.Find(""), nullptr);
}

TEST(ClaimsTest, FindStringGivesStringsOnly) {
  Claims::Builder builder;
  builder.Add("n", 1, ClaimKind::kNumber, Values{"1"});
  builder.Add("l", 1, ClaimKind::kList, Values{"a"});
  builder.Add("o", 1, ClaimKind::kOther, {});
  const Claims claims = builder.Build();
  for (const char* path : {"n", "l", "o", "missing"}) EXPECT_EQ(claims.FindString(path), "");
}

TEST(ClaimsTest, TheLiteralNameHidesTheMember) {
  Claims::Builder builder;
  builder.Add("a.b", 2, ClaimKind::kString, Values{"member"});
  builder.Add("a.b", 1, ClaimKind::kString, Values{"literal"});
  builder.Add("a.b.c", 3, ClaimKind::kString, Values{"deep"});
  builder.Add("a.b.c", 2, ClaimKind::kString, Values{"first of two names"});
  builder.Add("a.b.c", 2, ClaimKind::kString, Values{"second of two names"});
  const Claims claims = builder.Build();
  EXPECT_EQ(claims.FindString("a.b"), "literal");
  EXPECT_EQ(claims.FindString("a.b.c"), "first of two names");
  EXPECT_EQ(claims.entries().size(), 2u);
}

TEST(ClaimsTest, OwnsItsTextsAndKeepsThemWhenMoved) {
  Claims::Builder builder;
  std::string path = "subject-of-some-length";
  std::string value = "value-of-some-length";
  builder.Add(path, 1, ClaimKind::kString, Values{value});
  Claims claims = builder.Build();
  path.assign(path.size(), 'x');
  value.assign(value.size(), 'x');
  const Claims moved = std::move(claims);
  EXPECT_EQ(moved.FindString("subject-of-some-length"), "value-of-some-length");
}

TEST(ClaimsTest, CountsItsBytes) {
  Claims::Builder builder;
  const size_t empty = builder.Build().bytes();
  builder.Add("sub", 1, ClaimKind::kString, Values{std::string_view("ann")});
  EXPECT_EQ(builder.Build().bytes(), empty + 6 + sizeof(std::string_view) + sizeof(Claim));
}

}  // namespace
}  // namespace sluice::http
