// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/router.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice::router {
namespace {

using config::HeaderMatch;
using config::PathMatch;
using config::Route;
using config::RouteTable;
using config::StringMatch;
using config::VirtualHost;
using PathKind = PathMatch::Kind;
using StringKind = StringMatch::Kind;

Route MakeRoute(std::string name, PathKind kind, std::string path) {
  Route route;
  route.match.path = {.kind = kind, .value = std::move(path)};
  route.action = config::Forward{.clusters = {{.cluster = name}}};
  route.name = std::move(name);
  return route;
}

RouteTable MakeTable(std::vector<Route> routes) {
  RouteTable table;
  table.virtual_hosts.push_back({.name = "all", .domains = {"*"}, .routes = std::move(routes)});
  return table;
}

// Pads a table so that it is indexed, with routes that match nothing asked for here.
RouteTable Padded(std::vector<Route> routes) {
  for (int i = 0; i < 20; ++i) {
    routes.push_back(MakeRoute(absl::StrCat("pad", i), PathKind::kExact, absl::StrCat("/pad/", i)));
  }
  return MakeTable(std::move(routes));
}

std::shared_ptr<const Router> Build(RouteTable table) {
  auto router = Router::Build(std::move(table));
  EXPECT_TRUE(router.ok()) << router.status();
  return router.ok() ? *std::move(router) : nullptr;
}

struct Ask {
  std::string path = "/";
  std::string authority = "a.example";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string method = "GET";
  uint64_t random = 0;
};

std::string Winner(const Router& router, const Ask& ask) {
  http::HeaderMap headers;
  for (const auto& [name, value] : ask.headers) headers.Add(name, value);
  const RouteChoice choice = router.Find({.method = ask.method,
                                          .scheme = "http",
                                          .authority = ask.authority,
                                          .path = ask.path,
                                          .headers = &headers,
                                          .random = ask.random});
  if (choice.virtual_host == nullptr) return "no host";
  return choice.route == nullptr ? "no route" : choice.route->name;
}

HeaderMatch Exact(std::string name, std::string value) {
  return {.name = std::move(name), .match = {.kind = StringKind::kExact, .value = value}};
}

TEST(RouterTest, HostIsExactThenLongestSuffixThenLongestPrefixThenAny) {
  RouteTable table;
  for (const char* domain :
       {"*", "a.*", "a.b.*", "*.com", "*.b.com", "*-x.b.com", "a.b.com", "port.com:8080"}) {
    VirtualHost host{.name = domain, .domains = {domain}};
    host.routes.push_back(MakeRoute(domain, PathKind::kAny, ""));
    table.virtual_hosts.push_back(std::move(host));
  }
  const auto router = Build(table);
  const auto winner = [&](std::string authority) {
    return Winner(*router, {.authority = std::move(authority)});
  };
  EXPECT_EQ(winner("a.b.com"), "a.b.com");
  EXPECT_EQ(winner("c.b.com"), "*.b.com");
  EXPECT_EQ(winner("1-x.b.com"), "*-x.b.com");
  EXPECT_EQ(winner("-x.b.com"), "*.b.com");  // A wildcard stands for something.
  EXPECT_EQ(winner("b.com"), "*.com");
  EXPECT_EQ(winner("a.b.org"), "a.b.*");
  EXPECT_EQ(winner("a.org"), "a.*");
  EXPECT_EQ(winner("a."), "*");
  EXPECT_EQ(winner("port.com:8080"), "port.com:8080");
  EXPECT_EQ(winner("port.com"), "*.com");
  EXPECT_EQ(winner(""), "*");
  EXPECT_EQ(winner(std::string(300, 'x') + ".b.com"), "*.b.com");
}

TEST(RouterTest, PortIsIgnoredWhereTheTableSaysSo) {
  RouteTable table = MakeTable({MakeRoute("r", PathKind::kAny, "")});
  table.virtual_hosts[0].domains = {"a.example"};
  EXPECT_EQ(Winner(*Build(table), {.authority = "a.example:81"}), "no host");
  table.ignore_port_in_host = true;
  EXPECT_EQ(Winner(*Build(table), {.authority = "a.example:81"}), "r");
}

TEST(RouterTest, FirstMatchWinsEvenOverALongerPrefix) {
  const auto router = Build(Padded({MakeRoute("short", PathKind::kPrefix, "/a"),
                                    MakeRoute("long", PathKind::kPrefix, "/a/b"),
                                    MakeRoute("exact", PathKind::kExact, "/a/b")}));
  EXPECT_EQ(Winner(*router, {.path = "/a/b"}), "short");
}

TEST(RouterTest, SegmentPrefixEndsAtASlash) {
  for (const char* value : {"/a", "/a/"}) {
    const auto router = Build(Padded({MakeRoute("a", PathKind::kSegmentPrefix, value)}));
    EXPECT_EQ(Winner(*router, {.path = "/a"}), "a");
    EXPECT_EQ(Winner(*router, {.path = "/a/"}), "a");
    EXPECT_EQ(Winner(*router, {.path = "/a/b?x"}), "a");
    EXPECT_EQ(Winner(*router, {.path = "/ab"}), "no route");
  }
  const auto root = Build(Padded({MakeRoute("root", PathKind::kSegmentPrefix, "/")}));
  EXPECT_EQ(Winner(*root, {.path = "/x"}), "root");
}

TEST(RouterTest, QueryIsNoPartOfThePath) {
  const auto router = Build(Padded({MakeRoute("exact", PathKind::kExact, "/a"),
                                    MakeRoute("regex", PathKind::kRegex, "/b/[^/]+")}));
  EXPECT_EQ(Winner(*router, {.path = "/a?b=/c"}), "exact");
  EXPECT_EQ(Winner(*router, {.path = "/b/c?x=/y"}), "regex");
  EXPECT_EQ(Winner(*router, {.path = "/a%3f"}), "no route");
}

TEST(RouterTest, CaseCountsUnlessTheRouteSaysOtherwise) {
  Route any_case = MakeRoute("any", PathKind::kPrefix, "/Shop");
  any_case.match.path.ignore_case = true;
  const auto router = Build(Padded({any_case, MakeRoute("sent", PathKind::kPrefix, "/Cart")}));
  EXPECT_EQ(Winner(*router, {.path = "/sHOP/x"}), "any");
  EXPECT_EQ(Winner(*router, {.path = "/Cart"}), "sent");
  EXPECT_EQ(Winner(*router, {.path = "/cart"}), "no route");
}

// Conditions are tried in a table of one route (in turn) and in one that is indexed.
class ConditionTest : public testing::TestWithParam<bool> {
 protected:
  bool Matches(Route route, const Ask& ask) {
    std::vector<Route> routes = {std::move(route)};
    RouteTable table = GetParam() ? Padded(std::move(routes)) : MakeTable(std::move(routes));
    return Winner(*Build(std::move(table)), ask) == "r";
  }
  Route With(HeaderMatch header) {
    Route route = MakeRoute("r", PathKind::kAny, "");
    route.match.headers.push_back(std::move(header));
    return route;
  }
};

TEST_P(ConditionTest, HeadersOfOneNameAreJoinedByCommas) {
  EXPECT_TRUE(Matches(With(Exact("x-a", "1,2")), {.headers = {{"x-a", "1"}, {"x-a", "2"}}}));
  EXPECT_FALSE(Matches(With(Exact("x-a", "1")), {.headers = {{"x-a", "1"}, {"x-a", "2"}}}));
  EXPECT_TRUE(Matches(With(Exact("x-a", "1")), {.headers = {{"x-a", "1"}}}));
}

TEST_P(ConditionTest, MethodAndAuthorityAreHeadersToo) {
  EXPECT_TRUE(Matches(With(Exact(":method", "PUT")), {.method = "PUT"}));
  EXPECT_FALSE(Matches(With(Exact(":method", "PUT")), {.method = "GET"}));
  EXPECT_TRUE(Matches(With(Exact(":authority", "a.example")), {}));
  EXPECT_TRUE(Matches(With(Exact("host", "a.example")), {}));
}

TEST_P(ConditionTest, MissingHeaderMatchesNothingEvenInverted) {
  HeaderMatch inverted = Exact("x-a", "1");
  inverted.invert = true;
  EXPECT_FALSE(Matches(With(inverted), {}));
  EXPECT_TRUE(Matches(With(inverted), {.headers = {{"x-a", "2"}}}));
  inverted.missing_is_empty = true;
  EXPECT_TRUE(Matches(With(inverted), {}));
}

TEST_P(ConditionTest, PresenceInvertedIsAbsence) {
  HeaderMatch absent{.name = "x-a", .match = {.kind = StringKind::kPresent}, .invert = true};
  EXPECT_TRUE(Matches(With(absent), {}));
  EXPECT_FALSE(Matches(With(absent), {.headers = {{"x-a", ""}}}));
}

TEST_P(ConditionTest, RangeIsOfIntegersEndExcluded) {
  HeaderMatch range{.name = "x-n", .range = std::make_pair(-5, 10)};
  EXPECT_TRUE(Matches(With(range), {.headers = {{"x-n", "-5"}}}));
  EXPECT_TRUE(Matches(With(range), {.headers = {{"x-n", "9"}}}));
  EXPECT_FALSE(Matches(With(range), {.headers = {{"x-n", "10"}}}));
  EXPECT_FALSE(Matches(With(range), {.headers = {{"x-n", "1x"}}}));
}

TEST_P(ConditionTest, TextIsComparedAsAsked) {
  const auto text = [&](StringKind kind, std::string value, bool any_case, std::string sent) {
    return Matches(
        With({.name = "x-a", .match = {.kind = kind, .value = value, .ignore_case = any_case}}),
        {.headers = {{"x-a", sent}}});
  };
  EXPECT_TRUE(text(StringKind::kPrefix, "ab", false, "abc"));
  EXPECT_FALSE(text(StringKind::kPrefix, "AB", false, "abc"));
  EXPECT_TRUE(text(StringKind::kPrefix, "AB", true, "abc"));
  EXPECT_TRUE(text(StringKind::kSuffix, "bc", false, "abc"));
  EXPECT_TRUE(text(StringKind::kSuffix, "BC", true, "abc"));
  EXPECT_TRUE(text(StringKind::kContains, "b", false, "abc"));
  EXPECT_TRUE(text(StringKind::kContains, "B", true, "abc"));
  EXPECT_TRUE(text(StringKind::kRegex, "a.c", false, "abc"));
  EXPECT_FALSE(text(StringKind::kRegex, "a.", false, "abc"));
  EXPECT_TRUE(text(StringKind::kExact, "ABC", true, "abc"));
}

TEST_P(ConditionTest, FirstQueryParameterCountsAsSent) {
  Route route = MakeRoute("r", PathKind::kAny, "");
  route.match.query.push_back({.name = "q", .match = {.value = "a%20b"}});
  EXPECT_TRUE(Matches(route, {.path = "/?x=1&q=a%20b&q=2"}));
  EXPECT_FALSE(Matches(route, {.path = "/?q=2&q=a%20b"}));
  EXPECT_FALSE(Matches(route, {.path = "/?q=a+b"}));
  EXPECT_FALSE(Matches(route, {.path = "/"}));
  route.match.query[0].match = {.kind = StringKind::kPresent};
  EXPECT_TRUE(Matches(route, {.path = "/?q"}));
  EXPECT_TRUE(Matches(route, {.path = "/?q="}));
  EXPECT_FALSE(Matches(route, {.path = "/?qq=1"}));
}

TEST_P(ConditionTest, CookiesAreFoundInEveryCookieField) {
  Route route = MakeRoute("r", PathKind::kAny, "");
  route.match.cookies.push_back(Exact("b", "2"));
  EXPECT_TRUE(Matches(route, {.headers = {{"cookie", "a=1; b=2"}}}));
  EXPECT_TRUE(Matches(route, {.headers = {{"cookie", "a=1"}, {"cookie", "b=\"2\""}}}));
  EXPECT_FALSE(Matches(route, {.headers = {{"cookie", "b=3; b=2"}}}));
  EXPECT_FALSE(Matches(route, {}));
  route.match.cookies[0].invert = true;
  EXPECT_TRUE(Matches(route, {}));
}

TEST_P(ConditionTest, GrpcIsJudgedByContentType) {
  Route route = MakeRoute("r", PathKind::kAny, "");
  route.match.grpc_only = true;
  EXPECT_TRUE(Matches(route, {.headers = {{"content-type", "application/grpc"}}}));
  EXPECT_TRUE(Matches(route, {.headers = {{"content-type", "application/grpc+proto"}}}));
  EXPECT_FALSE(Matches(route, {.headers = {{"content-type", "application/grpc-web"}}}));
  EXPECT_FALSE(Matches(route, {}));
}

TEST_P(ConditionTest, ShareIsDecidedByTheRequestsNumber) {
  Route route = MakeRoute("r", PathKind::kAny, "");
  route.match.fraction_per_million = 250'000;
  EXPECT_TRUE(Matches(route, {.random = 3'249'999}));
  EXPECT_FALSE(Matches(route, {.random = 3'250'000}));
}

INSTANTIATE_TEST_SUITE_P(FewAndMany, ConditionTest, testing::Bool());

TEST(RouterTest, ManyRegexesOfOnePlaceStillPreferTheFirst) {
  std::vector<Route> routes;
  for (int i = 0; i < 100; ++i) {
    routes.push_back(
        MakeRoute(absl::StrCat("r", i), PathKind::kRegex, absl::StrCat(".*/x", i % 50, "/[0-9]+")));
  }
  const auto router = Build(MakeTable(std::move(routes)));
  EXPECT_EQ(Winner(*router, {.path = "/a/x49/7"}), "r49");
  EXPECT_EQ(Winner(*router, {.path = "/a/x0/7"}), "r0");
  EXPECT_EQ(Winner(*router, {.path = "/a/x50/7"}), "no route");
}

TEST(RouterTest, BuildNamesWhatItRefuses) {
  const auto refusal = [](RouteTable table) {
    return std::string(Router::Build(std::move(table)).status().message());
  };
  RouteTable twice = MakeTable({});
  twice.virtual_hosts.push_back({.name = "again", .domains = {"A.example", "*"}});
  EXPECT_EQ(refusal(twice), "virtual host \"again\": domain \"*\" is in this table twice");
  twice.virtual_hosts[1].domains = {"a.*.example"};
  EXPECT_EQ(refusal(twice),
            "virtual host \"again\": domain \"a.*.example\" may have one '*', at its beginning or "
            "its end");
  EXPECT_EQ(refusal(MakeTable({MakeRoute("bad", PathKind::kRegex, "/(")})),
            "virtual host \"all\": route \"bad\" (routes[0]): match.path: regex \"/(\" is not "
            "valid: missing ): /(");
  Route weightless = MakeRoute("w", PathKind::kAny, "");
  std::get<config::Forward>(weightless.action).clusters[0].weight = 0;
  EXPECT_EQ(refusal(MakeTable({weightless})),
            "virtual host \"all\": route \"w\" (routes[0]): weights of its clusters sum to 0");
  Route rewrite = MakeRoute("s", PathKind::kAny, "");
  std::get<config::Forward>(rewrite.action).regex_rewrite = {.pattern = "a", .substitution = "\\1"};
  EXPECT_NE(refusal(MakeTable({rewrite})).find("does not fit the pattern"), std::string::npos);
  std::get<config::Forward>(rewrite.action).regex_rewrite = {.pattern = "a", .substitution = "\r"};
  EXPECT_NE(refusal(MakeTable({rewrite})).find("no path may hold"), std::string::npos);
}

TEST(RouterTest, ExplainSaysWhyEachCandidateLost) {
  Route header = MakeRoute("header", PathKind::kPrefix, "/shop");
  header.match.headers.push_back(Exact("x-env", "b"));
  const auto router = Build(MakeTable({MakeRoute("cart", PathKind::kPrefix, "/cart"), header,
                                       MakeRoute("shop", PathKind::kPrefix, "/shop"),
                                       MakeRoute("rest", PathKind::kPrefix, "/")}));
  http::HeaderMap headers;
  headers.Add("x-env", "a");
  std::vector<Candidate> candidates;
  const RouteQuery query{.method = "GET", .authority = "h", .path = "/shop", .headers = &headers};
  EXPECT_EQ(router->Explain(query, 10, candidates).route->name, "shop");
  ASSERT_EQ(candidates.size(), 4u);
  EXPECT_EQ(candidates[0].reason, "path /shop does not start with /cart");
  EXPECT_EQ(candidates[1].reason, "header x-env is \"a\", wants \"b\"");
  EXPECT_TRUE(candidates[2].won);
  EXPECT_EQ(candidates[3].reason, "matches too, but stands behind the winner");

  router->Explain(query, 1, candidates);
  ASSERT_EQ(candidates.size(), 1u);
  EXPECT_TRUE(candidates[0].won);
}

TEST(RouterTest, ExplainNamesTheHostsWhenNoneMatches) {
  RouteTable table = MakeTable({});
  table.virtual_hosts[0].domains = {"a.example", "*.b.example"};
  const auto router = Build(table);
  std::vector<Candidate> candidates;
  router->Explain({.authority = "c.example", .path = "/"}, 10, candidates);
  ASSERT_EQ(candidates.size(), 1u);
  EXPECT_EQ(candidates[0].reason, "host c.example is none of a.example, *.b.example");
}

std::string Rewritten(Route route, std::string path) {
  const auto router = Build(MakeTable({std::move(route)}));
  const RouteChoice choice = router->Find({.authority = "h", .path = path});
  if (choice.route == nullptr) return "no route";
  std::string out;
  return router->RewritePath(*choice.route, choice, path, out) ? out : path;
}

TEST(RewriteTest, PrefixIsReplacedWithoutADoubleSlash) {
  const auto rewritten = [](PathKind kind, std::string from, std::string to, std::string path) {
    Route route = MakeRoute("r", kind, std::move(from));
    std::get<config::Forward>(route.action).prefix_rewrite = std::move(to);
    return Rewritten(std::move(route), std::move(path));
  };
  // Gateway API's table for ReplacePrefixMatch.
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo", "/xyz", "/foo/bar"), "/xyz/bar");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo", "/xyz/", "/foo/bar"), "/xyz/bar");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo/", "/xyz", "/foo/bar"), "/xyz/bar");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo/", "/xyz/", "/foo/bar"), "/xyz/bar");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo", "/xyz", "/foo"), "/xyz");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo", "/xyz", "/foo/"), "/xyz/");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo", "", "/foo/bar"), "/bar");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo", "", "/foo/"), "/");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo", "", "/foo"), "/");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo", "/", "/foo"), "/");
  EXPECT_EQ(rewritten(PathKind::kSegmentPrefix, "/foo", "/", "/foo/bar?q=1"), "/bar?q=1");
  EXPECT_EQ(rewritten(PathKind::kPrefix, "/foo/", "/", "/foo/x"), "/x");
  EXPECT_EQ(rewritten(PathKind::kExact, "/foo", "/bar", "/foo?q"), "/bar?q");
  EXPECT_EQ(rewritten(PathKind::kPrefix, "/", "/app/", "/x"), "/app/x");
}

TEST(RewriteTest, RegexReplacesEveryMatchAndKeepsTheQuery) {
  Route route = MakeRoute("r", PathKind::kAny, "");
  std::get<config::Forward>(route.action).regex_rewrite = {.pattern = "^/service/([^/]+)(/.*)$",
                                                           .substitution = "\\2/instance/\\1"};
  EXPECT_EQ(Rewritten(route, "/service/foo/v1/api?x=/service/a/b"),
            "/v1/api/instance/foo?x=/service/a/b");
  EXPECT_EQ(Rewritten(route, "/other"), "/other");
}

}  // namespace
}  // namespace sluice::router
