// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/route_plan.h"

#include <string>

#include "dataplane/exchange/scripted_filter.h"
#include "gtest/gtest.h"

namespace sluice::exchange {
namespace {

using Action = config::HeaderEdit::Action;

std::shared_ptr<const FilterScript> Script(std::string name) {
  auto script = std::make_shared<FilterScript>();
  script->name = std::move(name);
  return script;
}

config::HeaderEdits Says(std::string value) {
  return {.set = {{Action::kAppend, "x", std::move(value)}}};
}

class RoutePlanTest : public ::testing::Test {
 protected:
  RoutePlanTest() {
    route_.action = config::Forward{.clusters = {{.cluster = "c", .weight = 1}}};
    table_.virtual_hosts.push_back({.name = "v", .domains = {"*"}});
  }

  void Filter(std::string name, std::string type, bool disabled = false) {
    http_.filters.push_back({name, std::move(type), Script(name), disabled});
  }

  // Builds the table, so that the route in it is the one that the plan is of.
  const RoutePlan& Plan() {
    config::RouteTable table = table_;
    table.virtual_hosts[0].routes = {route_};
    auto router = router::Router::Build(std::move(table));
    EXPECT_TRUE(router.ok()) << router.status();
    http_.router = *router;
    const config::VirtualHost& host = http_.router->table().virtual_hosts[0];
    choice_ = {.virtual_host = &host, .route = &host.routes[0]};
    plan_ = std::make_unique<const RoutePlan>(http_, choice_);
    return *plan_;
  }
  std::string Names() {
    std::string names;
    for (const RoutePlan::Step& step : Plan().steps()) {
      names += static_cast<const FilterScript*>(step.chain_config)->name;
      if (step.route_config != nullptr) {
        names += "=" + static_cast<const FilterScript*>(step.route_config)->name;
      }
      names += " ";
    }
    return names;
  }
  std::string Edited(bool request, bool with_cluster = true) {
    const RoutePlan& plan = Plan();
    const auto& forward = std::get<config::Forward>(choice_.route->action);
    const config::WeightedCluster* cluster = with_cluster ? &forward.clusters[0] : nullptr;
    base::Arena arena;
    http::StreamInfo info;
    http::HeaderMap headers;
    if (request) {
      plan.EditRequest(cluster, {info}, headers, arena);
    } else {
      plan.EditResponse(cluster, {info}, headers, arena);
    }
    std::string values;
    for (const auto& field : headers) values.append(field.value).append(" ");
    return values;
  }

  config::HttpConnection http_;
  config::Route route_;
  config::RouteTable table_;
  router::RouteChoice choice_;
  std::unique_ptr<const RoutePlan> plan_;
};

TEST_F(RoutePlanTest, PhasesOrderFiltersAndConfigurationOrdersThoseOfOne) {
  Filter("s1", "test.shape");
  Filter("a1", "test.authorize");
  Filter("c1", "test.connection");
  Filter("a2", "test.authorize");
  Filter("s2", "test.shape");
  EXPECT_EQ(Names(), "c1 a1 a2 s1 s2 ");
}

TEST_F(RoutePlanTest, AnUnknownKindThatWasOptionalIsLeftOut) {
  Filter("u", "test.unknown");
  Filter("s", "test.shape");
  EXPECT_EQ(Names(), "s ");
}

TEST_F(RoutePlanTest, TheMostSpecificOverrideCounts) {
  Filter("s", "test.shape");
  table_.overrides = {{"s", Script("table"), false}};
  EXPECT_EQ(Names(), "s=table ");
  table_.virtual_hosts[0].overrides = {{"s", Script("host"), false}};
  EXPECT_EQ(Names(), "s=host ");
  route_.overrides = {{"other", Script("other"), false}};
  EXPECT_EQ(Names(), "s=host ");
  route_.overrides.push_back({"s", Script("route"), false});
  EXPECT_EQ(Names(), "s=route ");
}

TEST_F(RoutePlanTest, AWeightedClustersOverrideIsMoreSpecificThanTheRoutes) {
  Filter("s", "test.shape");
  Filter("t", "test.shape");
  route_.overrides = {{"s", Script("route"), false}, {"t", Script("route"), false}};
  auto& cluster = std::get<config::Forward>(route_.action).clusters[0];
  cluster.overrides = {{"s", Script("cluster"), false}};
  cluster.request_edits = Says("cluster");
  EXPECT_EQ(Names(), "s=route t=route ");
  const config::WeightedCluster& weighted =
      std::get<config::Forward>(choice_.route->action).clusters[0];
  plan_ = std::make_unique<const RoutePlan>(http_, choice_, &weighted);
  ASSERT_EQ(plan_->steps().size(), 2u);
  const auto name_of = [](const config::FilterConfig* config) {
    return static_cast<const FilterScript*>(config)->name;
  };
  EXPECT_EQ(name_of(plan_->steps()[0].route_config), "cluster");
  EXPECT_EQ(name_of(plan_->steps()[1].route_config), "route");
}

TEST_F(RoutePlanTest, AnOverrideDisablesAndEnables) {
  Filter("on", "test.shape");
  Filter("off", "test.shape", /*disabled=*/true);
  EXPECT_EQ(Names(), "on ");
  table_.virtual_hosts[0].overrides = {{"on", nullptr, true}, {"off", Script("o"), false}};
  EXPECT_EQ(Names(), "off=o ");
  route_.overrides = {{"on", nullptr, false}};
  EXPECT_EQ(Names(), "on off=o ");
}

TEST_F(RoutePlanTest, EditsGoFromTheMostSpecificLevelToTheLeast) {
  std::get<config::Forward>(route_.action).clusters[0].request_edits = Says("cluster");
  route_.request_edits = Says("route");
  table_.virtual_hosts[0].request_edits = Says("host");
  table_.request_edits = Says("table");
  EXPECT_EQ(Edited(true), "cluster route host table ");
  EXPECT_EQ(Edited(true, /*with_cluster=*/false), "route host table ");
  EXPECT_EQ(Edited(false), "");
  table_.most_specific_edits_win = true;
  EXPECT_EQ(Edited(true), "table host route cluster ");
}

TEST_F(RoutePlanTest, ResponseEditsAreTheirOwn) {
  std::get<config::Forward>(route_.action).clusters[0].response_edits = Says("cluster");
  route_.response_edits = Says("route");
  table_.response_edits = Says("table");
  EXPECT_EQ(Edited(false), "cluster route table ");
  EXPECT_EQ(Edited(true), "");
}

TEST_F(RoutePlanTest, WithoutARouteTheChainStillRuns) {
  Filter("s", "test.shape");
  Plan();
  const RoutePlan plan(http_, {});
  EXPECT_EQ(plan.steps().size(), 1u);
}

}  // namespace
}  // namespace sluice::exchange
