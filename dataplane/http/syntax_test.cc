// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/syntax.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::http {
namespace {

TEST(SyntaxTest, AuthorityFollowsTheGrammar) {
  for (const char* good :
       {"a.example", "a:80", "[::1]", "[2001:db8::1]:443", "xn--a", "1.2.3.4:65535"}) {
    EXPECT_TRUE(IsAuthority(good)) << good;
  }
  for (const char* bad : {"", "a, b", "a@b", "a/b", "a:80:80", "a:99999", "[::1", "a:", ":80",
                          "a:0", "a b", "[zz]", "a\tb", "[::1]x", "[fe80::1%25eth0]"}) {
    EXPECT_FALSE(IsAuthority(bad)) << bad;
  }
}

TEST(SyntaxTest, DecimalTakesDigitsOnly) {
  uint64_t n = 0;
  EXPECT_TRUE(ParseDecimal("005", n));
  EXPECT_EQ(n, 5u);
  EXPECT_TRUE(ParseDecimal("9223372036854775807", n));
  for (const char* bad :
       {"", "+5", "-0", "0x5", "5 5", "5,", "9223372036854775808", "12345678901234567890"}) {
    EXPECT_FALSE(ParseDecimal(bad, n)) << bad;
  }
}

TEST(SyntaxTest, FieldValuesHoldNoControlsAndNoEdgeSpace) {
  EXPECT_TRUE(IsFieldValue(""));
  EXPECT_TRUE(IsFieldValue("a\tb \x80"));
  EXPECT_FALSE(IsFieldValue(std::string_view("a\0b", 3)));
  EXPECT_FALSE(IsFieldValue("a\rb"));
  EXPECT_FALSE(IsFieldValue(" a"));
  EXPECT_FALSE(IsFieldValue("a\x7f"));
}

TEST(SyntaxTest, ListElementsAreTrimmedAndEmptyOnesSkipped) {
  std::vector<std::string> got;
  ForEachListElement(" a ,,b\t, c", [&](std::string_view e) {
    got.emplace_back(e);
    return true;
  });
  EXPECT_EQ(got, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(SyntaxTest, SplitKeepsIpv6Brackets) {
  EXPECT_EQ(SplitAuthority("[::1]:80").host, "[::1]");
  EXPECT_EQ(SplitAuthority("[::1]:80").port, "80");
  EXPECT_EQ(SplitAuthority("[::1]").port, "");
  EXPECT_EQ(SplitAuthority("a:1").port, "1");
}

}  // namespace
}  // namespace sluice::http
