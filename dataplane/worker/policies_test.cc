// SPDX-License-Identifier: Apache-2.0
// Aim: who may not call does not reach the backend. Method: a worker with the real filters, clients
// and a backend on loopback; what arrived there is counted.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dataplane/condition/condition.h"
#include "dataplane/config/consumer_table.h"
#include "dataplane/config/route.h"
#include "dataplane/crypto/digest.h"
#include "dataplane/filters/identify/config.h"
#include "dataplane/filters/rbac/config.h"
#include "dataplane/worker/worker_fixture.h"

namespace sluice::worker {
namespace {

using filters::CredentialSource;
using filters::IdentifyMethod;
using filters::IdentifyPolicy;
using filters::RbacConfig;
using filters::RbacRules;

class PoliciesTest : public WorkerFixture {
 protected:
  PoliciesTest() {
    auto consumers = std::make_shared<config::ConsumerTable>();
    consumers->Apply(
        {{nullptr,
          config::Consumer::Make({.name = "shop/alice",
                                  .groups = {"gold"},
                                  .api_keys = {{crypto::Sha256("k-alice"), 0}},
                                  .passwords = {{"alice", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="}}})},
         {nullptr, config::Consumer::Make(
                       {.name = "shop/bob", .api_keys = {{crypto::Sha256("k-bob"), 0}}})}});
    consumers_ = std::move(consumers);
    filters_ = {{.name = "who", .type = "sluice.identity.v1.Identify"},
                {.name = "may", .type = "envoy.extensions.filters.http.rbac.v3.RBAC"}};
    Route("/", "echo");
    routes_.front().overrides = {{.filter_name = "who", .config = Who()},
                                 {.filter_name = "may", .config = May()}};
    Publish();
  }

  // A key or a password.
  static std::shared_ptr<const config::FilterConfig> Who() {
    filters::IdentifySettings settings{.policy = "AuthPolicy/shop/p"};
    settings.methods = {
        IdentifyMethod{
            .name = "key",
            .challenge = "ApiKey realm=\"r\"",
            .how =
                filters::ApiKeyMethod{.from = {{CredentialSource::Kind::kHeader, "x-api-key", ""},
                                               {CredentialSource::Kind::kQuery, "key", ""}}}},
        IdentifyMethod{
            .name = "basic", .challenge = "Basic realm=\"r\"", .how = filters::BasicMethod{}}};
    return std::make_shared<const IdentifyPolicy>(std::move(settings));
  }
  // Those of the group "gold".
  static std::shared_ptr<const config::FilterConfig> May() {
    using condition::IdentityMatcher;
    IdentityMatcher::ValueTest gold;
    gold.kind = IdentityMatcher::ValueTest::Kind::kText;
    gold.text = std::make_unique<const condition::TextMatcher>(
        *condition::TextMatcher::Make({.value = "gold"}));
    IdentityMatcher::ValueTest one;
    one.kind = IdentityMatcher::ValueTest::Kind::kOneOfList;
    one.tests.push_back(std::move(gold));
    condition::Condition::Builder builder(condition::Leaning::kLetsIn);
    CHECK_OK(builder.Identity(
        IdentityMatcher(IdentityMatcher::Field::kGroups, "", std::move(one), false)));
    RbacRules rules{.policy = "AuthPolicy/shop/p"};
    rules.rules.push_back({"gold", builder.Build()});
    return std::make_shared<const RbacConfig>(std::move(rules), std::nullopt);
  }

  // The whole answer to a GET with these header lines.
  std::string Ask(std::string_view path, std::string_view lines = "") {
    listener::RawClient& client = Client();
    client.Send(absl::StrCat("GET ", path, " HTTP/1.1\r\nhost: a.example\r\n", lines,
                             "connection: close\r\n\r\n"));
    CHECK(RunUntil([&] { return client.over(); }));
    return client.received();
  }
  static std::string Status(const std::string& answer) { return answer.substr(9, 3); }
};

TEST_F(PoliciesTest, WhoMayReachesTheBackendWithoutTheirKey) {
  EXPECT_EQ(Status(Ask("/x?a=1&key=k-alice", "x-other: 1\r\n")), "200");
  ASSERT_EQ(upstream_.requests.size(), 1u);
  EXPECT_EQ(upstream_.requests[0]->path, "/x?a=1");
  EXPECT_EQ(Status(Ask("/x", "x-api-key: k-alice\r\n")), "200");
  ASSERT_EQ(upstream_.requests.size(), 2u);
  EXPECT_EQ(upstream_.requests[1]->fields.count("x-api-key"), 0u);
  EXPECT_EQ(Gauge("policy_decisions_total"), 4);
}

TEST_F(PoliciesTest, WhoMayNotDoesNotReachIt) {
  const std::string missing = Ask("/x");
  EXPECT_EQ(Status(missing), "401");
  EXPECT_NE(missing.find("www-authenticate: ApiKey realm=\"r\"\r\n"), std::string::npos) << missing;
  EXPECT_NE(missing.find("\"reason\":\"credential-missing\""), std::string::npos) << missing;
  EXPECT_EQ(Status(Ask("/x", "x-api-key: wrong\r\n")), "401");
  EXPECT_EQ(Status(Ask("/x", "x-api-key: k-alice\r\nx-api-key: k-bob\r\n")), "401");
  const std::string bob = Ask("/x", "x-api-key: k-bob\r\n");
  EXPECT_EQ(Status(bob), "403");
  EXPECT_NE(bob.find("\"reason\":\"rbac-no-allow-rule\""), std::string::npos) << bob;
  EXPECT_TRUE(upstream_.requests.empty());
}

// The check is made by other threads; the request waits, and the second one does not have to.
TEST_F(PoliciesTest, APasswordIsChecked) {
  const auto basic = [](std::string_view credential) {
    return absl::StrCat("authorization: Basic ", absl::Base64Escape(credential), "\r\n");
  };
  EXPECT_EQ(Status(Ask("/x", basic("alice:password"))), "200");
  EXPECT_EQ(Status(Ask("/x", basic("alice:password"))), "200");
  EXPECT_EQ(upstream_.requests.size(), 2u);
  EXPECT_EQ(Status(Ask("/x", basic("alice:wrong"))), "401");
  EXPECT_EQ(Status(Ask("/x", basic("nobody:password"))), "401");
  EXPECT_EQ(upstream_.requests.size(), 2u);
}

// PN-08: every form of a path against a route that wants a credential, none sent.
TEST_F(PoliciesTest, Pn08NoFormOfAPathReachesItWithoutCredential) {
  for (const std::string_view path :
       {"/admin",     "/a/../admin", "/%2e%2e/admin", "/./admin",   "//admin",        "/..",
        "/a%2fadmin", "/a%5cadmin",  "/a\\admin",     "/%2561dmin", "/%u0061dmin",    "/%zz",
        "/%c0%af",    "/%00",        "/admin?",       "/admin%3f",  "/admin;x/users", "/a;x/admin",
        "/ADMIN",     "/?key",       "/?key=",        "/?%6bey=x"}) {
    const std::string status = Status(Ask(path));
    EXPECT_TRUE(status == "401" || status == "400") << path << " " << status;
  }
  EXPECT_TRUE(upstream_.requests.empty());
}

}  // namespace
}  // namespace sluice::worker
