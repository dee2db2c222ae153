// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/explain/request_text.h"

#include "gtest/gtest.h"

namespace sluice::sluicectl {
namespace {

TEST(RequestTextTest, TakesAUrlApart) {
  const auto request = ParseRequestText("GET", "https://Shop.Example:8443/a/b?c=d#e", {});
  ASSERT_TRUE(request.ok());
  EXPECT_TRUE(request->is_tls);
  EXPECT_EQ(request->host, "shop.example");
  EXPECT_EQ(request->port, 8443);
  EXPECT_EQ(request->authority, "shop.example:8443");
  EXPECT_EQ(request->path, "/a/b?c=d");
}

TEST(RequestTextTest, PortAndPathHaveDefaults) {
  const auto plain = ParseRequestText("GET", "http://a?x", {});
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->path, "/?x");
  EXPECT_EQ(ParseRequestText("GET", "https://[::1]", {})->port, 443);
  EXPECT_EQ(ParseRequestText("GET", "http://[::1]:81/", {})->port, 81);
}

TEST(RequestTextTest, AHostHeaderIsTheAuthority) {
  const auto request =
      ParseRequestText("GET", "http://127.0.0.1/", {"Host: API.local", "X-Env:  a "});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->authority, "api.local");
  ASSERT_EQ(request->headers.size(), 1u);
  EXPECT_EQ(request->headers[0].first, "x-env");
  EXPECT_EQ(request->headers[0].second, "a");
}

TEST(RequestTextTest, SaysWhatIsMissing) {
  EXPECT_FALSE(ParseRequestText("GET", "a.example/", {}).ok());
  EXPECT_FALSE(ParseRequestText("GET", "http:///x", {}).ok());
  EXPECT_FALSE(ParseRequestText("GET", "http://a:99999/", {}).ok());
  EXPECT_FALSE(ParseRequestText("GET", "http://a/", {"no colon"}).ok());
}

}  // namespace
}  // namespace sluice::sluicectl
