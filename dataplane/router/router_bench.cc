// SPDX-License-Identifier: Apache-2.0
//
// What a look-up costs as tables grow. Each row of a shape should stand within 5% of its first.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/router/router.h"

namespace sluice::router {
namespace {

using PathKind = config::PathMatch::Kind;

config::Route MakeRoute(PathKind kind, std::string path) {
  config::Route route;
  route.match.path = {.kind = kind, .value = std::move(path)};
  route.action = config::Forward{.clusters = {{.cluster = "c"}}};
  return route;
}

enum Shape : int64_t { kPrefixes, kHosts, kHeaders, kMixed };

// `count` routes in that shape.
config::RouteTable MakeTable(int64_t shape, int64_t count) {
  config::RouteTable table;
  if (shape == kHosts) {
    for (int64_t i = 0; i < count; ++i) {
      config::VirtualHost host;
      host.domains = {absl::StrCat("h", i, ".example.com")};
      host.routes = {MakeRoute(PathKind::kSegmentPrefix, "/")};
      table.virtual_hosts.push_back(std::move(host));
    }
    return table;
  }
  config::VirtualHost host;
  host.domains = {"*"};
  for (int64_t i = 0; i < count; ++i) {
    switch (shape == kMixed ? i % 4 : shape == kHeaders ? 4 : 0) {
      case 0:
        host.routes.push_back(
            MakeRoute(PathKind::kSegmentPrefix, absl::StrCat("/service-", i, "/api")));
        break;
      case 1:
        host.routes.push_back(MakeRoute(PathKind::kExact, absl::StrCat("/exact/", i)));
        break;
      case 2:
        host.routes.push_back(MakeRoute(PathKind::kPrefix, absl::StrCat("/p", i, "-")));
        break;
      case 3:
        host.routes.push_back(MakeRoute(PathKind::kExact, absl::StrCat("/m/", i / 8)));
        host.routes.back().match.headers.push_back(
            {.name = ":method", .match = {.value = absl::StrCat("M", i % 8)}});
        break;
      case 4:
        host.routes.push_back(MakeRoute(PathKind::kSegmentPrefix, "/"));
        host.routes.back().match.headers.push_back(
            {.name = "x-tenant", .match = {.value = absl::StrCat("tenant-", i)}});
        break;
    }
  }
  table.virtual_hosts.push_back(std::move(host));
  return table;
}

void BM_Find(benchmark::State& state) {
  const int64_t shape = state.range(0);
  const int64_t count = state.range(1);
  const int64_t last = shape == kMixed ? (count - 1) / 4 * 4 : count - 1;
  config::RouteTable table = MakeTable(shape, count);
  const size_t before = mallinfo2().uordblks;
  const auto router = Router::Build(std::move(table)).value();
  state.counters["index_bytes_per_route"] =
      static_cast<double>(mallinfo2().uordblks - before) / static_cast<double>(count);

  const std::string authority =
      shape == kHosts ? absl::StrCat("h", last, ".example.com") : "www.example.com";
  const std::string path = shape == kPrefixes || shape == kMixed
                               ? absl::StrCat("/service-", last, "/api/items?x=1")
                               : "/items/1?x=1";
  const std::string tenant = absl::StrCat("tenant-", last);
  http::HeaderMap headers;
  headers.Add("user-agent", "bench");
  headers.Add("accept", "*/*");
  headers.Add("x-tenant", tenant);
  const RouteQuery query{.method = "GET",
                         .scheme = "https",
                         .authority = authority,
                         .path = path,
                         .headers = &headers};
  if (router->Find(query).route == nullptr) state.SkipWithError("no route");
  for (auto _ : state) benchmark::DoNotOptimize(router->Find(query));
}

BENCHMARK(BM_Find)
    ->ArgNames({"shape", "routes"})
    ->ArgsProduct({{kPrefixes, kHosts, kHeaders, kMixed}, {1, 1'000, 10'000, 100'000}});

}  // namespace
}  // namespace sluice::router

BENCHMARK_MAIN();
