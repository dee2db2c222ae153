// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/handlers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "dataplane/admin/admin_source_fake.h"

namespace sluice::admin {
namespace {

using Json = nlohmann::json;

class HandlersTest : public testing::Test {
 protected:
  AdminReply Ask(AdminRequest request) {
    std::optional<AdminReply> reply;
    handlers_.Answer(request, [&reply](AdminReply r) { reply = std::move(r); });
    EXPECT_TRUE(reply.has_value()) << request.path;
    return reply.has_value() ? *std::move(reply) : AdminReply();
  }
  AdminReply Get(std::string path, std::string query = "") {
    return Ask({"GET", "127.0.0.1:15000", std::move(path), std::move(query)});
  }
  AdminReply Post(std::string path) { return Ask({"POST", "localhost", std::move(path), ""}); }

  FakeAdminSource source_;
  Handlers handlers_{source_};
};

TEST_F(HandlersTest, ReadyFollowsTheState) {
  EXPECT_EQ(Get("/ready").status, 200);
  EXPECT_EQ(Get("/ready").body, "LIVE\n");
  const std::pair<ServerState, const char*> kNotReady[] = {
      {ServerState::kPreInitializing, "PRE_INITIALIZING\n"},
      {ServerState::kInitializing, "INITIALIZING\n"},
      {ServerState::kDraining, "DRAINING\n"}};
  for (const auto& [state, text] : kNotReady) {
    source_.state_now = state;
    EXPECT_EQ(Get("/ready").status, 503);
    EXPECT_EQ(Get("/ready").body, text);
  }
}

TEST_F(HandlersTest, OnlyNumbersAndLocalhostAreHosts) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:15000", "10.1.2.3:1", "[::1]:15000", "[::1]",
                           "localhost", "localhost:15000"}) {
    EXPECT_EQ(Ask({"GET", host, "/ready", ""}).status, 200) << host;
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io",
                           "127.0.0.1@evil.example", "::1", "0x7f000001", "127.1", "[localhost]"}) {
    EXPECT_EQ(Ask({"GET", host, "/ready", ""}).status, 403) << host;
  }
}

TEST_F(HandlersTest, AWebPageIsRefused) {
  AdminRequest request{"POST", "localhost", "/quitquitquit", ""};
  request.has_origin = true;
  const AdminReply reply = Ask(request);
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.content_type, "application/problem+json");
  EXPECT_FALSE(reply.afterwards);
}

TEST_F(HandlersTest, ChangesNeedPost) {
  for (const char* path : {"/drain", "/drain_listeners", "/reopen_logs", "/quitquitquit"}) {
    for (const char* method : {"GET", "HEAD", "PUT"}) {
      const AdminReply reply = Ask({method, "localhost", path, ""});
      EXPECT_EQ(reply.status, 405);
      EXPECT_EQ(reply.allow, "POST");
    }
  }
  EXPECT_EQ(source_.drains + source_.reopens + source_.quits, 0);
  EXPECT_EQ(Post("/drain").status, 200);
  EXPECT_EQ(Post("/reopen_logs").status, 200);
  EXPECT_EQ(source_.drains, 1);
  EXPECT_EQ(source_.reopens, 1);
  EXPECT_EQ(Post("/stats").status, 405);
  EXPECT_EQ(Post("/stats").allow, "GET, HEAD");
}

TEST_F(HandlersTest, QuittingWaitsForTheAnswer) {
  AdminReply reply = Post("/quitquitquit");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(source_.quits, 0);
  reply.afterwards();
  EXPECT_EQ(source_.quits, 1);
}

TEST_F(HandlersTest, APathIsNotInterpreted) {
  for (const char* path :
       {"/stats/../quitquitquit", "/stats/%2e%2e/drain", "//ready", "/ready/", "/READY", "", "*"}) {
    const AdminReply reply = Get(path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(Json::parse(reply.body)["status"], 404);
  }
  EXPECT_EQ(Get("/\"\xff\n").status, 404);
  EXPECT_TRUE(Json::accept(Get("/\"\xff\n").body)) << "a client's bytes do not break the problem";
}

TEST_F(HandlersTest, TheFrontPageListsEveryOther) {
  const std::string help = Get("/").body;
  for (const char* line :
       {"GET  /ready ", "GET  /stats/prometheus ", "GET  /config_dump ", "GET  /clusters ",
        "GET  /listeners ", "GET  /fields ", "GET  /memory ", "GET  /server_info ", "POST /drain ",
        "POST /reopen_logs ", "POST /quitquitquit "}) {
    EXPECT_NE(help.find(line), std::string::npos) << line;
  }
}

TEST_F(HandlersTest, MetricsComeForPrometheusAndForReading) {
  source_.shard.GetCounter("a_total", {{"k", "a b"}}).Add(3);
  const AdminReply prometheus = Get("/stats/prometheus");
  EXPECT_EQ(prometheus.body, "# TYPE sluice_a_total counter\nsluice_a_total{k=\"a b\"} 3\n");
  EXPECT_EQ(prometheus.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(Get("/stats", "format=prometheus").body, prometheus.body);
  EXPECT_EQ(Get("/stats").body, "sluice_a_total{k=\"a b\"}: 3\n");
}

TEST_F(HandlersTest, AConfigDumpIsEnvoysWithoutTheSecrets) {
  // Aim: each kind lands where envoy.admin.v3 has it; nothing private is in it.
  source_.items = {
      {ConfigItem::Kind::kBootstrap, false, "", "", 0, R"({"node":{"id":"n"}})", "", ""},
      {ConfigItem::Kind::kCluster, true, "c", "7", 1'700'000'000'123'000'000, R"({"name":"c"})", "",
       ""},
      {ConfigItem::Kind::kCluster, false, "s", "", 0, R"({"name":"s"})", "", ""},
      {ConfigItem::Kind::kListener, true, "l", "3", 0, R"({"name":"l"})", "no such filter", "4"},
      {ConfigItem::Kind::kRoute, true, "never", "", 0, "", "bad regex", "1"},
      {ConfigItem::Kind::kSecret, true, "k", "1", 0,
       R"({"name":"k","tls_certificate":{"private_key":{"inline_string":"PRIVATE"}}})", "", ""},
      {ConfigItem::Kind::kEndpoints, true, "c", "9", 0, R"({"cluster_name":"c"})", "", ""},
  };
  const AdminReply reply = Get("/config_dump");
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(reply.body.find("PRIVATE"), std::string::npos);
  const Json configs = Json::parse(reply.body)["configs"];
  ASSERT_EQ(configs.size(), 5u);
  EXPECT_EQ(configs[0]["@type"], "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump");
  EXPECT_EQ(configs[0]["bootstrap"]["node"]["id"], "n");
  const Json& cluster = configs[1]["dynamic_active_clusters"][0];
  EXPECT_EQ(cluster["version_info"], "7");
  EXPECT_EQ(cluster["cluster"]["name"], "c");
  EXPECT_EQ(cluster["last_updated"], "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(configs[1]["static_clusters"][0]["cluster"]["name"], "s");
  const Json& listener = configs[2]["dynamic_listeners"][0];
  EXPECT_EQ(listener["name"], "l");
  EXPECT_EQ(listener["active_state"]["listener"]["name"], "l");
  EXPECT_EQ(listener["error_state"]["details"], "no such filter");
  const Json& route = configs[3]["dynamic_route_configs"][0];
  EXPECT_EQ(route["name"], "never");
  EXPECT_FALSE(route.contains("route_config"));
  EXPECT_EQ(configs[4]["dynamic_active_secrets"][0]["name"], "k");

  const Json with_endpoints = Json::parse(Get("/config_dump", "include_eds").body)["configs"];
  ASSERT_EQ(with_endpoints.size(), 6u);
  EXPECT_EQ(with_endpoints[5]["dynamic_endpoint_configs"][0]["endpoint_config"]["cluster_name"],
            "c");
}

TEST_F(HandlersTest, ClustersShowTheirEndpoints) {
  ClusterView cluster;
  cluster.name = "shop";
  cluster.circuit_breaker.max_connections = 5;
  EndpointView endpoint;
  endpoint.address = "[2001:db8::1]:80";
  endpoint.hostname = "a.example";
  endpoint.health = config::Health::kDraining;
  endpoint.weight = 3;
  endpoint.active_requests = 2;
  endpoint.requests_total = 40;
  cluster.endpoints.push_back(endpoint);
  source_.clusters = {cluster};

  const std::string text = Get("/clusters").body;
  for (const char* line :
       {"shop::default_priority::max_connections::5\n", "shop::[2001:db8::1]:80::rq_active::2\n",
        "shop::[2001:db8::1]:80::rq_total::40\n",
        "shop::[2001:db8::1]:80::health_flags::/eds_status_draining\n",
        "shop::[2001:db8::1]:80::weight::3\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  const Json json = Json::parse(Get("/clusters", "format=json").body);
  const Json& host = json["cluster_statuses"][0]["host_statuses"][0];
  EXPECT_EQ(host["address"]["socket_address"]["address"], "2001:db8::1");
  EXPECT_EQ(host["address"]["socket_address"]["port_value"], 80);
  EXPECT_EQ(host["health_status"]["eds_health_status"], "DRAINING");
}

TEST_F(HandlersTest, ListenersShowTheirAddresses) {
  source_.listeners = {{"web", {"127.0.0.1:80", "[::1]:80"}}};
  EXPECT_EQ(Get("/listeners").body, "web::127.0.0.1:80\nweb::[::1]:80\n");
  const Json json = Json::parse(Get("/listeners", "format=json").body);
  const Json& status = json["listener_statuses"][0];
  EXPECT_EQ(status["local_address"]["socket_address"]["port_value"], 80);
  EXPECT_EQ(status["additional_local_addresses"][0]["socket_address"]["address"], "::1");
}

TEST_F(HandlersTest, TheServerSaysWhoItIs) {
  source_.info = {"1.2.3", "node-1", "infra/edge", "abc", 9, 4, 61};
  const Json info = Json::parse(Get("/server_info").body);
  EXPECT_EQ(info["version"], "1.2.3");
  EXPECT_EQ(info["state"], "LIVE");
  EXPECT_EQ(info["uptime_current_epoch"], "61s");
  EXPECT_EQ(info["node"]["cluster"], "infra/edge");
  EXPECT_EQ(info["config"]["content_hash"], "abc");
}

TEST_F(HandlersTest, FieldsWithoutEffectAreListed) {
  source_.fields = {{"cluster \"shop\"", "common_lb_config.zone_aware_lb_config", 2}};
  const Json json = Json::parse(Get("/fields").body);
  EXPECT_EQ(json["unsupported_fields"][0]["path"], "common_lb_config.zone_aware_lb_config");
  EXPECT_EQ(json["unsupported_fields"][0]["count"], 2);
}

TEST_F(HandlersTest, MemoryIsWhatTheKernelSays) {
  const Json json = Json::parse(Get("/memory").body);
  EXPECT_GT(std::stoull(json["resident"].get<std::string>()), 1024u * 1024);
}

}  // namespace
}  // namespace sluice::admin
