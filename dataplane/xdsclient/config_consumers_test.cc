// SPDX-License-Identifier: Apache-2.0
// Consumers in ConfigStore: asked for while somebody looks them up, waited for, served in
// snapshots.
#include <malloc.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/envoy/types.h"
#include "base/manual_clock.h"
#include "dataplane/upstream/dns_resolver_fake.h"
#include "dataplane/xdsclient/ads_client.h"
#include "dataplane/xdsclient/config_store.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "sluice/identity/v1/consumer.pb.h"
#include "sluice/identity/v1/identify.pb.h"

namespace sluice::xdsclient {
namespace {

using Type = ResourceType;

template <typename Message>
std::string FromJson(const std::string& json) {
  EXPECT_FALSE(envoy_api::TypePerFile().empty());
  Message message;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &message);
  EXPECT_TRUE(status.ok()) << std::string(status.message()) << "\n" << json;
  return message.SerializeAsString();
}

// A table whose one route answers itself, and asks for a password if `asks`.
std::string Routes(const std::string& name, bool asks) {
  const std::string policy =
      asks ? absl::StrCat(R"(,"typedPerFilterConfig":{"f":{"@type":"type.googleapis.com/)",
                          identity::v1::IdentifyPerRoute::descriptor()->full_name(),
                          R"(","methods":[{"name":"b","basic":{}}]}})")
           : "";
  return FromJson<envoy::config::route::v3::RouteConfiguration>(absl::StrCat(
      R"({"name":")", name, R"(","virtualHosts":[{"name":"all","domains":["*"],"routes":)",
      R"([{"match":{"prefix":"/"},"directResponse":{"status":200})", policy, "}]}]}"));
}

std::string Listener(const std::string& name, const std::string& routes) {
  return FromJson<envoy::config::listener::v3::Listener>(absl::StrCat(
      R"({"name":")", name,
      R"(","address":{"socketAddress":{"address":"127.0.0.1","portValue":8080}},)",
      R"("filterChains":[{"filters":[{"name":"hcm","typedConfig":{"@type":"type.googleapis.com/)",
      R"(envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",)",
      R"("statPrefix":"x","rds":{"routeConfigName":")", routes,
      R"(","configSource":{"ads":{}}},"httpFilters":[{"name":"router","typedConfig":{"@type":)",
      R"("type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]})"));
}

std::string Consumer(const std::string& name, const std::string& username) {
  identity::v1::Consumer consumer;
  consumer.set_name(name);
  consumer.add_passwords()->set_username(username);
  consumer.mutable_passwords(0)->set_hash("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=");
  return consumer.SerializeAsString();
}

class ConfigConsumersTest : public testing::Test {
 protected:
  ConfigConsumersTest()
      : store_(loop_, resolver_, {},
               {.publish = [this](auto snapshot) { published_.push_back(std::move(snapshot)); },
                .acquire_sockets = [](const config::Listener&) { return absl::OkStatus(); },
                .interest =
                    [this](Type type, const InterestChange& change) {
                      for (const std::string& name : change.removed) interest_[type].erase(name);
                      interest_[type].insert(change.added.begin(), change.added.end());
                    }}) {}

  std::string Put(Type type, const std::string& name, std::string body) {
    auto rejections = store_.OnResources(type, {{name, "1", std::move(body)}}, {});
    loop_.RunOnce();
    return rejections.empty() ? "" : rejections.front().reason;
  }
  void Answer(Type type) {
    store_.OnResources(type, {}, {});
    loop_.RunOnce();
  }
  void Remove(Type type, const std::string& name) {
    store_.OnResources(type, {}, {name});
    loop_.RunOnce();
  }
  void PutAsking() {
    Put(Type::kListener, "l", Listener("l", "r"));
    Put(Type::kRoutes, "r", Routes("r", true));
  }
  bool serving() const { return !published_.empty() && !published_.back()->listeners.empty(); }
  std::string HashOf(std::string_view username) const {
    const auto& consumers = published_.back()->consumers;
    return consumers == nullptr ? "" : std::string(consumers->FindByUsername(username, "").hash);
  }
  bool Knows(std::string_view username) const { return !HashOf(username).empty(); }

  base::ManualClock clock_;
  event::Loop loop_{clock_};
  upstream::FakeDnsResolver resolver_;
  std::vector<std::shared_ptr<const config::Snapshot>> published_;
  std::map<Type, std::set<std::string>> interest_;
  ConfigStore store_;
};

TEST_F(ConfigConsumersTest, AreAskedForWhileARouteLooksThemUp) {
  Put(Type::kListener, "l", Listener("l", "r"));
  Put(Type::kRoutes, "r", Routes("r", false));
  EXPECT_TRUE(serving());
  EXPECT_TRUE(interest_[Type::kConsumer].empty()) << "a foreign control plane is not asked";
  Put(Type::kRoutes, "r", Routes("r", true));
  EXPECT_EQ(interest_[Type::kConsumer], std::set<std::string>{"*"});
  Put(Type::kConsumer, "a/x", Consumer("a/x", "x"));
  EXPECT_TRUE(Knows("x"));
  Put(Type::kRoutes, "r", Routes("r", false));
  EXPECT_TRUE(interest_[Type::kConsumer].empty());
  EXPECT_EQ(published_.back()->consumers, nullptr);
  EXPECT_TRUE(store_.raw(Type::kConsumer).empty());
}

TEST_F(ConfigConsumersTest, AListenerWaitsUntilTheyAreThere) {
  PutAsking();
  EXPECT_FALSE(serving());
  EXPECT_FALSE(store_.settled());
  Put(Type::kConsumer, "a/x", Consumer("a/x", "x"));
  EXPECT_TRUE(serving());
  EXPECT_TRUE(Knows("x"));
}

TEST_F(ConfigConsumersTest, NoneIsAnAnswerToo) {
  PutAsking();
  Answer(Type::kConsumer);
  EXPECT_TRUE(serving());
}

TEST_F(ConfigConsumersTest, NobodyWaitsForEver) {
  PutAsking();
  for (int i = 0; i < 31; ++i) {
    clock_.AdvanceMs(500);
    loop_.RunOnce();
  }
  EXPECT_TRUE(serving());
}

TEST_F(ConfigConsumersTest, AChangeTakesTheOldOnesPlace) {
  PutAsking();
  Put(Type::kConsumer, "a/x", Consumer("a/x", "x"));
  const auto before = published_.back();
  Put(Type::kConsumer, "a/x", Consumer("a/x", "y"));
  EXPECT_FALSE(Knows("x"));
  EXPECT_TRUE(Knows("y"));
  EXPECT_FALSE(before->consumers->FindByUsername("x", "").hash.empty()) << "snapshots stay";
  EXPECT_EQ(before->listeners, published_.back()->listeners);
  Remove(Type::kConsumer, "a/x");
  EXPECT_FALSE(Knows("y"));
  EXPECT_EQ(published_.back()->consumers->size(), 0U);
}

TEST_F(ConfigConsumersTest, TwoChangesOfOneTurnAreInOrder) {
  PutAsking();
  store_.OnResources(Type::kConsumer, {{"a/x", "1", Consumer("a/x", "x")}}, {});
  store_.OnResources(Type::kConsumer, {{"a/x", "2", Consumer("a/x", "y")}}, {});
  loop_.RunOnce();
  EXPECT_FALSE(Knows("x"));
  EXPECT_TRUE(Knows("y"));
}

TEST_F(ConfigConsumersTest, ABadOneIsRefusedAndTheOldOneStays) {
  PutAsking();
  Put(Type::kConsumer, "a/x", Consumer("a/x", "x"));
  EXPECT_NE(Put(Type::kConsumer, "a/x", Consumer("a/x", "x:y")), "");
  EXPECT_NE(Put(Type::kConsumer, "a/z", Consumer("a/x", "z")), "");
  EXPECT_TRUE(Knows("x"));
}

TEST_F(ConfigConsumersTest, WhatNobodyAskedForIsNotKept) {
  Put(Type::kConsumer, "a/x", Consumer("a/x", "x"));
  EXPECT_TRUE(store_.raw(Type::kConsumer).empty());
}

// The bar is 64 MiB for 100,000 with a key each: table, ledger and what the stream remembers.
TEST_F(ConfigConsumersTest, AHundredThousandFitIn64MiB) {
  constexpr int kConsumers = 100'000;
  PutAsking();
  Answer(Type::kConsumer);
  const size_t before = mallinfo2().uordblks;
  AdsClient::Versions remembered;
  {
    // One response, as a control plane sends it; AdsClient remembers its names in their order.
    std::vector<Received> response;
    std::map<std::string, std::string> versions;
    for (int i = 0; i < kConsumers; ++i) {
      identity::v1::Consumer consumer;
      consumer.set_name(absl::StrCat("default/consumer-", i));
      consumer.add_groups("gold");
      consumer.add_api_keys()->set_name("main");
      std::string hash(32, '\0');
      for (int j = 0; j < 8; ++j) {
        hash[j] = static_cast<char>((static_cast<uint64_t>(i) * 2654435761u) >> (4 * j));
      }
      consumer.mutable_api_keys(0)->set_sha256(hash);
      versions[consumer.name()] = "0123456789abcdef";
      response.push_back({consumer.name(), "0123456789abcdef", consumer.SerializeAsString()});
    }
    for (const auto& [name, version] : versions) remembered[name] = version;
    store_.OnResources(Type::kConsumer, std::move(response), {});
  }
  loop_.RunOnce();
  ASSERT_EQ(published_.back()->consumers->size(), static_cast<size_t>(kConsumers));
  const size_t bytes = mallinfo2().uordblks - before;
  RecordProperty("bytes_per_consumer", static_cast<int>(bytes / kConsumers));
  EXPECT_LT(bytes, size_t{64} << 20) << bytes / kConsumers << " bytes each";
}

}  // namespace
}  // namespace sluice::xdsclient
