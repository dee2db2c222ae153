// SPDX-License-Identifier: Apache-2.0
#include "controlplane/ir/route.h"

#include "gtest/gtest.h"

namespace sluice::ir {
namespace {

Route Prefix(std::string value) {
  Route route;
  route.match.path = {.kind = PathMatch::Kind::kPrefix, .value = std::move(value)};
  route.source.object = {.kind = "HTTPRoute", .ns = "a", .name = "a"};
  return route;
}

Route Exact(std::string value) {
  Route route = Prefix(std::move(value));
  route.match.path.kind = PathMatch::Kind::kExact;
  return route;
}

void ExpectBefore(const Route& first, const Route& second) {
  EXPECT_TRUE(Precedes(first, second));
  EXPECT_FALSE(Precedes(second, first));
}

TEST(RoutePrecedenceTest, ExactPathWinsOverLongerPrefix) {
  ExpectBefore(Exact("/a"), Prefix("/a/much/longer"));
}

TEST(RoutePrecedenceTest, LongerPrefixWins) { ExpectBefore(Prefix("/a/b"), Prefix("/a")); }

TEST(RoutePrecedenceTest, PathWinsOverMethodAndHeaders) {
  Route rich = Prefix("/a");
  rich.match.method = "GET";
  rich.match.headers.resize(3);
  ExpectBefore(Prefix("/a/b"), rich);
}

TEST(RoutePrecedenceTest, MethodWinsOverHeaders) {
  Route method = Prefix("/a");
  method.match.method = "GET";
  Route headers = Prefix("/a");
  headers.match.headers.resize(3);
  ExpectBefore(method, headers);
}

TEST(RoutePrecedenceTest, HeadersWinOverQuery) {
  Route headers = Prefix("/a");
  headers.match.headers.resize(1);
  Route query = Prefix("/a");
  query.match.query.resize(5);
  ExpectBefore(headers, query);
}

TEST(RoutePrecedenceTest, OlderObjectWinsThenNameThenRule) {
  Route older = Prefix("/a");
  older.created = absl::FromUnixSeconds(1);
  older.source.object.name = "z";
  Route newer = Prefix("/a");
  newer.created = absl::FromUnixSeconds(2);
  ExpectBefore(older, newer);

  Route second_name = Prefix("/a");
  second_name.source.object.name = "b";
  ExpectBefore(Prefix("/a"), second_name);

  Route second_rule = Prefix("/a");
  second_rule.rule = 1;
  ExpectBefore(Prefix("/a"), second_rule);
}

}  // namespace
}  // namespace sluice::ir
