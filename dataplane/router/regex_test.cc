// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/regex.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::router {
namespace {

TEST(RegexPoolTest, SamePatternIsCompiledOnce) {
  RegexPool pool;
  EXPECT_EQ(pool.Get("a+").value(), pool.Get("a+").value());
}

TEST(RegexPoolTest, BadPatternIsNamed) {
  RegexPool pool;
  EXPECT_EQ(pool.Get("a(").status().message(), "regex \"a(\" is not valid: missing ): a(");
}

TEST(RegexPoolTest, LongPatternIsRefused) {
  RegexPool pool;
  EXPECT_FALSE(pool.Get(std::string(RegexPool::kMaxPatternBytes + 1, 'a')).ok());
}

TEST(RegexPoolTest, PatternThatGrowsIsRefused) {
  RegexPool pool;
  EXPECT_FALSE(pool.Get("((a{100}){100}){100}").ok());
}

TEST(RegexTest, MatchIsOfTheWholeText) {
  RegexPool pool;
  EXPECT_TRUE(FullMatch(*pool.Get("/a[0-9]+").value(), "/a12"));
  EXPECT_FALSE(FullMatch(*pool.Get("/a[0-9]+").value(), "/a12/b"));
  EXPECT_FALSE(FullMatch(*pool.Get("a").value(), "ba"));
}

TEST(LiteralPrefixTest, EndsBeforeWhatMayVary) {
  EXPECT_EQ(LiteralPrefix("/users/[0-9]+"), "/users/");
  EXPECT_EQ(LiteralPrefix("^/v1\\.2/.*"), "/v1.2/");
  EXPECT_EQ(LiteralPrefix("/ab?c"), "/a");
  EXPECT_EQ(LiteralPrefix("/ab*"), "/a");
  EXPECT_EQ(LiteralPrefix("/ab{0,2}"), "/a");
  EXPECT_EQ(LiteralPrefix("/ab+"), "/ab");
  EXPECT_EQ(LiteralPrefix("/a\\d"), "/a");
  EXPECT_EQ(LiteralPrefix("/a|/b"), "");
  EXPECT_EQ(LiteralPrefix("(?i)/a"), "");
  EXPECT_EQ(LiteralPrefix(".*"), "");
}

}  // namespace
}  // namespace sluice::router
