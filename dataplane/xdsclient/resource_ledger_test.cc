// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/resource_ledger.h"

#include <cstdint>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

constexpr ResourceType kCluster = ResourceType::kCluster;

TEST(ResourceLedgerTest, HoldsWhatWasPutLast) {
  ResourceLedger ledger;
  EXPECT_EQ(ledger.Find(kCluster, "a"), nullptr);
  ledger.Put(kCluster, "a", {.version = "1", .body = "x"});
  ledger.Put(kCluster, "a", {.version = "2", .body = "y"});
  EXPECT_EQ(ledger.Find(kCluster, "a")->body, "y");
  EXPECT_EQ(ledger.Find(ResourceType::kRoutes, "a"), nullptr);
  ledger.SetVersion(kCluster, "a", "3");
  EXPECT_EQ(ledger.all(kCluster).at("a").version, "3");
  ledger.Erase(kCluster, "a");
  ledger.Erase(kCluster, "never");
  EXPECT_TRUE(ledger.all(kCluster).empty());
}

TEST(ResourceLedgerTest, TheRevisionOfFindingsRisesWithThemAlone) {
  ResourceLedger ledger;
  ledger.Put(kCluster, "a", {.version = "1"});
  EXPECT_EQ(ledger.findings_revision(), 0u);
  const auto with_finding = [](std::string version) {
    RawResource resource{.version = std::move(version)};
    resource.Note({.findings = {{.path = "foo", .subject = "Cluster.foo"}}});
    return resource;
  };
  ledger.Put(kCluster, "a", with_finding("2"));
  const uint64_t with = ledger.findings_revision();
  EXPECT_GT(with, 0u);
  ledger.Put(kCluster, "a", with_finding("3"));
  EXPECT_EQ(ledger.findings_revision(), with);
  ledger.Erase(kCluster, "a");
  EXPECT_GT(ledger.findings_revision(), with);
}

TEST(ResourceLedgerTest, TheHashIsOfWhatIsThereAndNotOfHowItCame) {
  ResourceLedger one, other;
  const std::string none = one.content_hash();
  one.Put(kCluster, "a", {.version = "1"});
  one.Put(kCluster, "b", {.version = "1"});
  other.Put(kCluster, "b", {.version = "0"});
  other.Put(ResourceType::kRoutes, "gone", {.version = "1"});
  other.Put(kCluster, "a", {.version = "1"});
  EXPECT_NE(one.content_hash(), other.content_hash());
  other.SetVersion(kCluster, "b", "1");
  other.Erase(ResourceType::kRoutes, "gone");
  EXPECT_EQ(one.content_hash(), other.content_hash());
  one.Erase(kCluster, "a");
  one.Erase(kCluster, "b");
  EXPECT_EQ(one.content_hash(), none);
}

TEST(ResourceLedgerTest, TheHashTellsTypesNamesAndVersionsApart) {
  const auto hash = [](ResourceType type, const std::string& name, const std::string& version) {
    ResourceLedger ledger;
    ledger.Put(type, name, {.version = version});
    return ledger.content_hash();
  };
  EXPECT_NE(hash(kCluster, "a", "1"), hash(kCluster, "b", "1"));
  EXPECT_NE(hash(kCluster, "a", "1"), hash(kCluster, "a", "2"));
  EXPECT_NE(hash(kCluster, "a", "1"), hash(ResourceType::kRoutes, "a", "1"));
  EXPECT_NE(hash(kCluster, "a1", "1"), hash(kCluster, "a", "11"));
}

TEST(ResourceLedgerTest, StaticOnesCountWithTheirBody) {
  ResourceLedger one, other;
  one.Put(kCluster, "a", {.version = "static", .body = "x"});
  other.Put(kCluster, "a", {.version = "static", .body = "y"});
  EXPECT_NE(one.content_hash(), other.content_hash());
  one.MarkStatic(kCluster, "a");
  EXPECT_TRUE(one.is_static(kCluster, "a"));
  EXPECT_FALSE(other.is_static(kCluster, "a"));
}

}  // namespace
}  // namespace sluice::xdsclient
