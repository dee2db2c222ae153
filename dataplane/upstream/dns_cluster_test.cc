// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/dns_cluster.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/manual_clock.h"
#include "dataplane/event/loop.h"
#include "dataplane/upstream/dns_resolver_fake.h"
#include "gtest/gtest.h"

namespace sluice::upstream {
namespace {

using Discovery = config::Cluster::Discovery;

class DnsClusterTest : public ::testing::Test {
 protected:
  DnsClusterTest() {
    cluster_.name = "a";
    cluster_.discovery = Discovery::kStrictDns;
    cluster_.dns_refresh_ms = 5000;
  }

  void AddName(std::string name, uint16_t port = 80) {
    config::Endpoint endpoint;
    endpoint.address = std::move(name);
    endpoint.port = port;
    cluster_.endpoints.endpoints.push_back(endpoint);
  }

  void Start() {
    dns_ = std::make_unique<DnsCluster>(
        loop_, resolver_, std::make_shared<config::Cluster>(cluster_),
        [this](std::shared_ptr<const config::EndpointSet> set) {
          std::vector<std::string> texts;
          for (const config::Endpoint& endpoint : set->endpoints) {
            texts.push_back(absl::StrCat(endpoint.address, ":", endpoint.port));
          }
          published_.push_back(absl::StrJoin(texts, " "));
        });
    loop_.RunOnce();
  }

  void Answer(const std::string& name, std::vector<std::string> addresses, int64_t ttl_s = 0) {
    resolver_.Answer(name, std::move(addresses), ttl_s);
    loop_.RunOnce();
  }
  void Fail(const std::string& name, absl::Status status) {
    resolver_.Fail(name, std::move(status));
    loop_.RunOnce();
  }
  void AdvanceMs(int64_t ms) {
    clock_.AdvanceMs(ms);
    for (int i = 0; i < 3; ++i) loop_.RunOnce();
  }

  base::ManualClock clock_;
  event::Loop loop_{clock_};
  FakeDnsResolver resolver_;
  config::Cluster cluster_;
  std::unique_ptr<DnsCluster> dns_;
  std::vector<std::string> published_;
};

TEST_F(DnsClusterTest, EveryAddressOfEveryNameIsAnEndpoint) {
  AddName("one.example", 80);
  AddName("two.example", 81);
  AddName("192.0.2.9", 82);
  Start();
  Answer("one.example", {"192.0.2.2", "192.0.2.1"});
  EXPECT_TRUE(published_.empty());  // Until all are known.
  Answer("two.example", {"2001:db8::1"});
  ASSERT_EQ(published_.size(), 1u);
  EXPECT_EQ(published_[0], "192.0.2.1:80 192.0.2.2:80 2001:db8::1:81 192.0.2.9:82");
  EXPECT_EQ(dns_->endpoints()->endpoints[0].hostname, "one.example");
  EXPECT_EQ(dns_->endpoints()->endpoints[3].hostname, "");
}

TEST_F(DnsClusterTest, LiteralsNeedNoResolver) {
  AddName("192.0.2.9");
  Start();
  EXPECT_EQ(published_, std::vector<std::string>{"192.0.2.9:80"});
  EXPECT_EQ(resolver_.asked("192.0.2.9"), 0);
}

TEST_F(DnsClusterTest, NamesAreAskedAgainAndOnlyChangesAreTold) {
  AddName("one.example");
  Start();
  Answer("one.example", {"192.0.2.1", "192.0.2.2"});
  AdvanceMs(4900);
  EXPECT_EQ(resolver_.asked("one.example"), 1);
  AdvanceMs(200);
  EXPECT_EQ(resolver_.asked("one.example"), 2);
  Answer("one.example", {"192.0.2.2", "192.0.2.1"});  // Rotated: the same.
  EXPECT_EQ(published_.size(), 1u);
  AdvanceMs(5100);
  Answer("one.example", {"192.0.2.3"});
  ASSERT_EQ(published_.size(), 2u);
  EXPECT_EQ(published_[1], "192.0.2.3:80");
}

TEST_F(DnsClusterTest, TheTtlIsHeededWhereAsked) {
  cluster_.respect_dns_ttl = true;
  AddName("one.example");
  Start();
  Answer("one.example", {"192.0.2.1"}, /*ttl_s=*/60);
  AdvanceMs(59'000);
  EXPECT_EQ(resolver_.asked("one.example"), 1);
  AdvanceMs(1100);
  EXPECT_EQ(resolver_.asked("one.example"), 2);
}

TEST_F(DnsClusterTest, AFailureKeepsTheLastGoodAnswerAndBacksOff) {
  AddName("one.example");
  Start();
  Answer("one.example", {"192.0.2.1"});
  AdvanceMs(5100);
  int asked = 2;
  int64_t waited = 0;
  for (int failure = 0; failure < 4; ++failure) {
    Fail("one.example", absl::UnavailableError("no server"));
    EXPECT_FALSE(dns_->status().ok());
    waited = 0;
    while (resolver_.asked("one.example") == asked) {
      AdvanceMs(100);
      waited += 100;
      ASSERT_LT(waited, 60'000);
    }
    ++asked;
  }
  EXPECT_GE(waited, 4000);  // Half of 8 s at least.
  EXPECT_EQ(published_.size(), 1u);
  Answer("one.example", {"192.0.2.1"});
  EXPECT_TRUE(dns_->status().ok());
  EXPECT_EQ(published_.size(), 1u);
}

TEST_F(DnsClusterTest, AFailureAtFirstPublishesWhatThereIs) {
  AddName("one.example");
  AddName("two.example", 81);
  Start();
  Fail("one.example", absl::UnavailableError("no server"));
  Answer("two.example", {"192.0.2.2"});
  ASSERT_EQ(published_.size(), 1u);
  EXPECT_EQ(published_[0], "192.0.2.2:81");
}

TEST_F(DnsClusterTest, ANameThatIsGoneTakesItsEndpointsAlong) {
  AddName("one.example");
  Start();
  Answer("one.example", {"192.0.2.1"});
  AdvanceMs(5100);
  Fail("one.example", absl::NotFoundError("no such name"));
  ASSERT_EQ(published_.size(), 2u);
  EXPECT_EQ(published_[1], "");
}

TEST_F(DnsClusterTest, LogicalDnsKeepsOneAddressForAsLongAsItIsAnswered) {
  cluster_.discovery = Discovery::kLogicalDns;
  AddName("one.example");
  Start();
  Answer("one.example", {"192.0.2.2", "192.0.2.5"});
  EXPECT_EQ(published_.back(), "192.0.2.2:80");
  AdvanceMs(5100);
  Answer("one.example", {"192.0.2.1", "192.0.2.2"});
  EXPECT_EQ(published_.size(), 1u);
  AdvanceMs(5100);
  Answer("one.example", {"192.0.2.7"});
  EXPECT_EQ(published_.back(), "192.0.2.7:80");
}

TEST_F(DnsClusterTest, DestroyingItForgetsItsQuestions) {
  AddName("one.example");
  Start();
  EXPECT_TRUE(resolver_.waiting("one.example"));
  dns_.reset();
  EXPECT_FALSE(resolver_.waiting("one.example"));
  AdvanceMs(60'000);
}

}  // namespace
}  // namespace sluice::upstream
