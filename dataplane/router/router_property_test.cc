// SPDX-License-Identifier: Apache-2.0
//
// Aim: the index changes what a look-up costs and never what it answers. Method: random tables over
// a small alphabet, so that paths, hosts and values collide often, and random requests, each
// answered by the router and by a loop over the table written from the rules of xDS alone.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "dataplane/router/router.h"

namespace sluice::router {
namespace {

using PathKind = config::PathMatch::Kind;
using StringKind = config::StringMatch::Kind;

struct RandomRequest {
  std::string method, authority, path;
  std::vector<std::pair<std::string, std::string>> headers;
  uint64_t random = 0;
};

// ---- The naive matcher.

bool NaiveText(const config::StringMatch& match, std::string text) {
  std::string value = match.value;
  if (match.kind == StringKind::kRegex) return RE2::FullMatch(text, value);
  if (match.ignore_case) {
    text = absl::AsciiStrToLower(text);
    value = absl::AsciiStrToLower(value);
  }
  switch (match.kind) {
    case StringKind::kExact:
      return text == value;
    case StringKind::kPrefix:
      return text.rfind(value, 0) == 0;
    case StringKind::kSuffix:
      return text.size() >= value.size() && text.substr(text.size() - value.size()) == value;
    case StringKind::kContains:
      return text.find(value) != std::string::npos;
    default:
      return true;
  }
}

bool NaiveHeader(const config::HeaderMatch& match, const RandomRequest& request) {
  std::vector<std::string> values;
  if (match.name == ":method") values.push_back(request.method);
  for (const auto& [name, value] : request.headers) {
    if (name == match.name) values.push_back(value);
  }
  if (match.match.kind == StringKind::kPresent && !match.missing_is_empty) {
    return values.empty() == match.invert;
  }
  if (values.empty() && !match.missing_is_empty) return false;
  const std::string text = absl::StrJoin(values, ",");
  if (match.range.has_value()) {
    char* end = nullptr;
    const int64_t number = std::strtoll(text.c_str(), &end, 10);
    const bool inside = !text.empty() && *end == '\0' && number >= match.range->first &&
                        number < match.range->second;
    return inside != match.invert;
  }
  return NaiveText(match.match, text) != match.invert;
}

std::optional<std::string> NaivePair(std::string_view list, char separator, std::string_view name) {
  if (list.empty()) return std::nullopt;
  for (std::string_view pair : absl::StrSplit(list, separator)) {
    const std::pair<std::string, std::string> split =
        absl::StrSplit(absl::StripAsciiWhitespace(pair), absl::MaxSplits('=', 1));
    if (split.first == name) return split.second;
  }
  return std::nullopt;
}

bool NaivePath(const config::PathMatch& match, std::string path) {
  std::string value = match.value;
  if (match.kind == PathKind::kRegex) return RE2::FullMatch(path, value);
  if (match.ignore_case) {
    path = absl::AsciiStrToLower(path);
    value = absl::AsciiStrToLower(value);
  }
  switch (match.kind) {
    case PathKind::kExact:
      return path == value;
    case PathKind::kPrefix:
      return path.rfind(value, 0) == 0;
    case PathKind::kSegmentPrefix:
      if (!value.empty() && value.back() == '/') value.pop_back();
      return path == value || path.rfind(value + "/", 0) == 0;
    default:
      return true;
  }
}

bool NaiveRoute(const config::RouteMatch& match, const RandomRequest& request) {
  const size_t question = request.path.find('?');
  const std::string query = question == std::string::npos ? "" : request.path.substr(question + 1);
  if (!NaivePath(match.path, request.path.substr(0, question))) return false;
  for (const auto& header : match.headers) {
    if (!NaiveHeader(header, request)) return false;
  }
  for (const auto& parameter : match.query) {
    const auto value = NaivePair(query, '&', parameter.name);
    if (!value.has_value() || !NaiveText(parameter.match, *value)) return false;
  }
  for (const auto& cookie : match.cookies) {
    std::optional<std::string> value;
    for (const auto& [name, text] : request.headers) {
      if (name == "cookie" && !value.has_value()) value = NaivePair(text, ';', cookie.name);
    }
    if ((value.has_value() && NaiveText(cookie.match, *value)) == cookie.invert) return false;
  }
  if (match.grpc_only) {
    const bool grpc =
        std::count(request.headers.begin(), request.headers.end(),
                   std::pair<std::string, std::string>("content-type", "application/grpc")) > 0;
    if (!grpc) return false;
  }
  return request.random % 1'000'000 < match.fraction_per_million;
}

const config::VirtualHost* NaiveHost(const config::RouteTable& table, const std::string& name) {
  const config::VirtualHost* best = nullptr;
  int best_class = 4;
  size_t best_size = 0;
  for (const auto& host : table.virtual_hosts) {
    for (const std::string& domain : host.domains) {
      int rank = 4;
      if (domain == "*") {
        rank = 3;
      } else if (domain.front() == '*') {
        if (name.size() >= domain.size() && absl::EndsWith(name, domain.substr(1))) rank = 1;
      } else if (domain.back() == '*') {
        if (name.size() >= domain.size() &&
            absl::StartsWith(name, domain.substr(0, domain.size() - 1))) {
          rank = 2;
        }
      } else if (domain == name) {
        rank = 0;
      }
      if (rank < best_class || (rank == best_class && rank < 3 && domain.size() > best_size)) {
        best = &host;
        best_class = rank;
        best_size = domain.size();
      }
    }
  }
  return best;
}

// ---- Random tables and requests.

class Chance {
 public:
  explicit Chance(uint32_t seed) : engine_(seed) {}
  int Below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(engine_); }
  bool OneIn(int n) { return Below(n) == 0; }
  template <size_t N>
  std::string Of(const char* const (&choices)[N]) {
    return choices[Below(static_cast<int>(N))];
  }

 private:
  std::mt19937 engine_;
};

std::string RandomPath(Chance& chance) {
  std::string path;
  for (int i = chance.Below(4); i >= 0; --i) {
    absl::StrAppend(&path, "/", chance.Of({"", "a", "A", "ab", "b", "aB", "abc", "1"}));
  }
  return path;
}

std::string RandomValue(Chance& chance) { return chance.Of({"", "1", "2", "12", "a", "A", "ab"}); }

config::StringMatch RandomMatch(Chance& chance) {
  config::StringMatch match;
  match.kind = static_cast<StringKind>(chance.OneIn(2) ? 0 : chance.Below(6));
  match.value = match.kind == StringKind::kRegex ? chance.Of({"[0-9]+", "a.*", ".", "", "1|ab"})
                                                 : RandomValue(chance);
  match.ignore_case = match.kind != StringKind::kRegex && chance.OneIn(4);
  return match;
}

config::HeaderMatch RandomHeader(Chance& chance, std::string name) {
  config::HeaderMatch header{.name = std::move(name), .match = RandomMatch(chance)};
  header.invert = chance.OneIn(5);
  header.missing_is_empty = chance.OneIn(6);
  if (header.name == ":method") header.match = {.value = chance.Of({"GET", "PUT"})};
  if (chance.OneIn(8)) {
    header.match = {};
    header.range = std::make_pair(chance.Below(3), chance.Below(20));
  }
  return header;
}

config::Route RandomRoute(Chance& chance) {
  config::Route route;
  config::RouteMatch& match = route.match;
  match.path.kind = static_cast<PathKind>(chance.Below(5));
  match.path.value = RandomPath(chance);
  match.path.ignore_case = chance.OneIn(4);
  if (match.path.kind == PathKind::kRegex) {
    match.path.value =
        chance.OneIn(2) ? chance.Of({"/a.*", ".*b", "/[a-z]+", "/a|/b", "(/a)+", ".*"})
                        : absl::StrCat(RandomPath(chance), chance.Of({"", "?", "+", ".*", "c*"}));
  }
  if (match.path.kind == PathKind::kPrefix && chance.OneIn(4)) match.path.value.clear();
  while (chance.OneIn(2)) {
    match.headers.push_back(RandomHeader(chance, chance.Of({"x-a", "x-b", ":method", "accept"})));
  }
  while (chance.OneIn(4)) match.query.push_back({chance.Of({"q", "p"}), RandomMatch(chance)});
  if (chance.OneIn(6)) {
    config::HeaderMatch cookie = RandomHeader(chance, "c");
    cookie.missing_is_empty = false;
    cookie.range.reset();
    match.cookies.push_back(std::move(cookie));
  }
  match.grpc_only = chance.OneIn(10);
  if (chance.OneIn(6)) match.fraction_per_million = static_cast<uint32_t>(chance.Below(1'000'000));
  route.action = config::Forward{.clusters = {{.cluster = "c"}}};
  return route;
}

config::RouteTable RandomTable(Chance& chance) {
  config::RouteTable table;
  std::vector<std::string> domains = {"*",     "a.x", "b.a.x", "*.x",  "*.a.x",
                                      "*-b.x", "a.*", "b.*",   "a.x*", "b.a.*"};
  while (!domains.empty()) {
    config::VirtualHost host;
    for (int i = chance.Below(3); i >= 0 && !domains.empty(); --i) {
      if (!chance.OneIn(4)) host.domains.push_back(domains.back());
      domains.pop_back();
    }
    const int routes = chance.OneIn(3) ? chance.Below(200) : chance.Below(12);
    for (int i = 0; i < routes; ++i) host.routes.push_back(RandomRoute(chance));
    table.virtual_hosts.push_back(std::move(host));
  }
  return table;
}

RandomRequest MakeRandomRequest(Chance& chance) {
  RandomRequest request;
  request.method = chance.Of({"GET", "PUT", "POST"});
  request.authority = chance.Of(
      {"a.x", "b.a.x", "c.x", "c.a.x", "c-b.x", "-b.x", "a.y", "b.y", "a.xy", "b.a.z", "z", ""});
  request.path = RandomPath(chance);
  if (chance.OneIn(2)) {
    absl::StrAppend(&request.path, "?", chance.Of({"q", "p"}), "=", RandomValue(chance), "&",
                    chance.Of({"q", "p"}), "=", RandomValue(chance));
  }
  while (!chance.OneIn(4)) {
    request.headers.emplace_back(chance.Of({"x-a", "x-b", "accept"}), RandomValue(chance));
  }
  if (chance.OneIn(3)) request.headers.emplace_back("content-type", "application/grpc");
  if (chance.OneIn(2)) {
    request.headers.emplace_back("cookie", absl::StrCat("d=1; c=", RandomValue(chance), ";c=a"));
  }
  request.random = static_cast<uint64_t>(chance.Below(1'000'000));
  return request;
}

std::string Show(const RandomRequest& request) {
  std::string text = absl::StrCat(request.method, " ", request.authority, request.path);
  for (const auto& [name, value] : request.headers) absl::StrAppend(&text, "\n", name, ": ", value);
  return text;
}

TEST(RouterPropertyTest, AnswersAsALoopOverTheTableDoes) {
  Chance chance(20'260'101);
  int found = 0;
  for (int round = 0; round < 150; ++round) {
    const config::RouteTable table = RandomTable(chance);
    auto router = Router::Build(table);
    ASSERT_TRUE(router.ok()) << router.status();
    const config::RouteTable& kept = (*router)->table();
    for (int i = 0; i < 200; ++i) {
      const RandomRequest request = MakeRandomRequest(chance);
      http::HeaderMap headers;
      for (const auto& [name, value] : request.headers) headers.Add(name, value);
      const RouteQuery query{.method = request.method,
                             .scheme = "http",
                             .authority = request.authority,
                             .path = request.path,
                             .headers = &headers,
                             .random = request.random};
      const config::VirtualHost* host = NaiveHost(kept, request.authority);
      const config::Route* route = nullptr;
      for (size_t r = 0; host != nullptr && route == nullptr && r < host->routes.size(); ++r) {
        if (NaiveRoute(host->routes[r].match, request)) route = &host->routes[r];
      }
      const RouteChoice choice = (*router)->Find(query);
      ASSERT_EQ(choice.virtual_host, host) << Show(request);
      ASSERT_EQ(choice.route, route)
          << Show(request) << "\nrouter "
          << (choice.route != nullptr ? choice.route - host->routes.data() : -1) << ", loop "
          << (route != nullptr ? route - host->routes.data() : -1) << " of " << host->routes.size();
      found += route != nullptr;

      std::vector<Candidate> candidates;
      const RouteChoice explained = (*router)->Explain(query, 1000, candidates);
      ASSERT_EQ(explained.route, route);
      for (const Candidate& candidate : candidates) {
        ASSERT_EQ(candidate.won, route != nullptr && candidate.route == route);
        if (candidate.route == nullptr || candidate.won) continue;
        // Explain's reasons come from the same conditions: each loser has one.
        const bool also = NaiveRoute(candidate.route->match, request);
        ASSERT_EQ(also, candidate.reason == "matches too, but stands behind the winner")
            << Show(request) << "\n"
            << candidate.reason;
      }
    }
  }
  EXPECT_GT(found, 5'000);
}

}  // namespace
}  // namespace sluice::router
