// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/names.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"

namespace sluice::tls {
namespace {

TEST(ServerNameTest, IsLowerCasedAndLosesItsTrailingDot) {
  EXPECT_EQ(NormalizeServerName("WWW.Example.COM"), "www.example.com");
  EXPECT_EQ(NormalizeServerName("example.com."), "example.com");
  EXPECT_EQ(NormalizeServerName("localhost"), "localhost");
  EXPECT_EQ(NormalizeServerName("a_b.xn--p1ai"), "a_b.xn--p1ai");
  EXPECT_EQ(NormalizeServerName("1.2.3.4x"), "1.2.3.4x");
}

TEST(ServerNameTest, RefusesWhatIsNoHostName) {
  for (std::string_view name :
       {std::string_view(""), std::string_view("."), std::string_view("a..b"),
        std::string_view(".a"), std::string_view("a b"), std::string_view("a\r\nx: y"),
        std::string_view("a\"b"), std::string_view("a\0b", 3), std::string_view("*.example.com"),
        std::string_view("a/b"), std::string_view("a:443"), std::string_view("10.0.0.1"),
        std::string_view("::1"), std::string_view("b\xc3\xbc.example")}) {
    EXPECT_EQ(NormalizeServerName(name), std::nullopt) << name;
  }
  EXPECT_NE(NormalizeServerName(std::string(253, 'a')), std::nullopt);
  EXPECT_EQ(NormalizeServerName(std::string(254, 'a')), std::nullopt);
}

TEST(DnsNameTest, AStarIsExactlyOneLabel) {
  EXPECT_TRUE(DnsNameCovers("Example.com", "example.COM"));
  EXPECT_TRUE(DnsNameCovers("*.example.com", "a.example.com"));
  EXPECT_FALSE(DnsNameCovers("*.example.com", "example.com"));
  EXPECT_FALSE(DnsNameCovers("*.example.com", "a.b.example.com"));
  EXPECT_FALSE(DnsNameCovers("*.example.com", ".example.com"));
  EXPECT_FALSE(DnsNameCovers("*.com", "example.com"));
  EXPECT_FALSE(DnsNameCovers("w*.example.com", "www.example.com"));
  EXPECT_FALSE(DnsNameCovers("*", "example"));
  EXPECT_FALSE(DnsNameCovers("", ""));
}

TEST(ServerNamesTest, ExactThenLongestSuffixThenAll) {
  ServerNames names;
  names.Add("www.example.com", 1);
  names.Add("*.example.com", 2);
  names.Add("*.deep.example.com", 3);
  names.Add("www.example.com", 4);
  EXPECT_TRUE(names.Find("other.org").empty()) << "no chain serves it";
  names.Add("", 5);
  const auto find = [&names](std::string_view name) {
    const absl::Span<const int> found = names.Find(name);
    return std::vector<int>(found.begin(), found.end());
  };
  EXPECT_EQ(find("www.example.com"), (std::vector<int>{1, 4}));
  EXPECT_EQ(find("a.b.example.com"), (std::vector<int>{2}));
  EXPECT_EQ(find("x.deep.example.com"), (std::vector<int>{3}));
  EXPECT_EQ(find("deep.example.com"), (std::vector<int>{2}));
  EXPECT_EQ(find("example.com"), (std::vector<int>{5}));
  EXPECT_EQ(find(""), (std::vector<int>{5}));
}

}  // namespace
}  // namespace sluice::tls
