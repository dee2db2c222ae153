// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/redirect.h"

#include "gtest/gtest.h"

namespace sluice::exchange {
namespace {

std::string Location(const config::Redirect& redirect, std::string_view path = "/p?q=1",
                     std::string_view authority = "a.example:8080",
                     std::string_view scheme = "http") {
  return RedirectLocation(redirect, scheme, authority, path);
}

TEST(RedirectTest, WhatIsNotSaidStays) { EXPECT_EQ(Location({}), "http://a.example:8080/p?q=1"); }

TEST(RedirectTest, AnotherSchemeLetsGoOfTheOldOnesPortOnly) {
  EXPECT_EQ(Location({.scheme = "https"}), "https://a.example:8080/p?q=1");
  EXPECT_EQ(Location({.scheme = "https"}, "/p", "a.example:80"), "https://a.example/p");
  EXPECT_EQ(Location({.scheme = "http"}, "/p", "a.example:443", "https"), "http://a.example/p");
}

TEST(RedirectTest, AnotherHostMeansTheDefaultPort) {
  EXPECT_EQ(Location({.host = "b.example"}), "http://b.example/p?q=1");
}

TEST(RedirectTest, APortIsSaidUnlessItIsTheDefault) {
  EXPECT_EQ(Location({.scheme = "https", .port = 8443}), "https://a.example:8443/p?q=1");
  EXPECT_EQ(Location({.scheme = "https", .port = 443}), "https://a.example/p?q=1");
  EXPECT_EQ(Location({.port = 80}), "http://a.example/p?q=1");
}

TEST(RedirectTest, AFullPathKeepsTheQueryUnlessItBringsOne) {
  EXPECT_EQ(Location({.path = "/n"}), "http://a.example:8080/n?q=1");
  EXPECT_EQ(Location({.path = "/n?x"}), "http://a.example:8080/n?x");
}

TEST(RedirectTest, TheQueryCanBeDropped) {
  EXPECT_EQ(Location({.strip_query = true}), "http://a.example:8080/p");
  EXPECT_EQ(Location({.path = "/n", .strip_query = true}), "http://a.example:8080/n");
}

TEST(RedirectTest, AnIpv6HostKeepsItsBrackets) {
  EXPECT_EQ(Location({}, "/", "[::1]:81"), "http://[::1]:81/");
  EXPECT_EQ(Location({.scheme = "https"}, "/", "[::1]:80"), "https://[::1]/");
}

}  // namespace
}  // namespace sluice::exchange
