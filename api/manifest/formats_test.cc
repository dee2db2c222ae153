// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/formats.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::manifest {
namespace {

struct Case {
  api::Format format;
  std::string good;
  std::string bad;
};

TEST(FormatsTest, EachFormatTellsGoodFromBad) {
  const Case cases[] = {
      {api::FORMAT_DNS_LABEL, "a-1", "-a"},
      {api::FORMAT_DNS_LABEL, std::string(63, 'a'), std::string(64, 'a')},
      {api::FORMAT_DNS_LABEL, "a", "a.b"},
      {api::FORMAT_DNS_SUBDOMAIN, "a.b-c.d", "a..b"},
      {api::FORMAT_DNS_SUBDOMAIN, "a", "A"},
      {api::FORMAT_HOSTNAME, "*.example.com", "a.*.com"},
      {api::FORMAT_HOSTNAME, "example.com", "10.0.0.1"},
      {api::FORMAT_HOSTNAME, "example.com", "example.com:80"},
      {api::FORMAT_HOSTNAME, "example.com", "*"},
      {api::FORMAT_PRECISE_HOSTNAME, "example.com", "*.example.com"},
      {api::FORMAT_HEADER_NAME, "x-Foo_1", "x foo"},
      {api::FORMAT_HEADER_NAME, "x", ":path"},
      {api::FORMAT_HEADER_VALUE, "a b\tc", "a\r\nb: c"},
      {api::FORMAT_HEADER_VALUE, "a", " a"},
      {api::FORMAT_IP, "::1", "[::1]"},
      {api::FORMAT_IP, "127.0.0.1", "127.0.0.1:80"},
      {api::FORMAT_IP, "127.0.0.1", "127.1"},
      {api::FORMAT_ABSOLUTE_PATH, "/a", "a"},
      {api::FORMAT_LABEL_VALUE, "A_b.c", "-a"},
      {api::FORMAT_QUALIFIED_NAME, "example.com/name", "/name"},
      {api::FORMAT_QUALIFIED_NAME, "name", "a/b/c"},
      {api::FORMAT_DOMAIN_PATH, "sluice.dev/gateway-controller", "sluice.dev"},
      {api::FORMAT_RE2, "^/v[0-9]+$", "(?=look)"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CheckFormat(c.format, c.good), "") << c.good;
    EXPECT_NE(CheckFormat(c.format, c.bad), "") << c.bad;
  }
}

TEST(FormatsTest, ARegexThatCostsTooMuchIsRefused) {
  EXPECT_NE(CheckRegex("((a{100}){100}){100}"), "");
  EXPECT_NE(CheckRegex(std::string(4097, 'a')), "");
}

TEST(FormatsTest, RoutePathsHaveOneSpelling) {
  for (const char* path : {"/", "/a/b", "/a%20b", "/~u/x:y@z"}) EXPECT_EQ(CheckRoutePath(path), "");
  for (const char* path : {"", "a", "//", "/a//b", "/./a", "/a/../b", "/a/..", "/a/.", "/a%2Fb",
                           "/a%2", "/a%zz", "/a b", "/a?b", "/a#b", "/\xC3\xA9"}) {
    EXPECT_NE(CheckRoutePath(path), "") << path;
  }
}

}  // namespace
}  // namespace sluice::manifest
