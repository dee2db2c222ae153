// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/sqlite/sqlite_registry.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "controlplane/registry/batch_log.h"
#include "controlplane/registry/temp_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

manifest::ObjectKey Route(std::string name) { return {"HTTPRoute", "shop", std::move(name)}; }

Transaction PutOf(std::string name, std::string json) {
  Transaction transaction;
  transaction.puts = {{Route(std::move(name)), std::move(json), {"shop.yaml", 7}}};
  return transaction;
}

Transaction DeleteOf(std::string name) {
  Transaction transaction;
  transaction.deletes = {Route(std::move(name))};
  return transaction;
}

class SqliteRegistryTest : public ::testing::Test {
 protected:
  SqliteRegistryTest() { Reopen(); }

  void Reopen() {
    registry_.reset();
    auto opened = SqliteRegistry::Open(folder_.Path("data"), options_);
    CHECK_OK(opened.status());
    registry_ = *std::move(opened);
  }

  Revision MustApply(const Transaction& transaction) {
    auto result = registry_->Apply(transaction);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->revision : -1;
  }

  // "name=json" of all there is.
  std::vector<std::string> Contents() { return Shown(registry_->List()); }
  static std::vector<std::string> Shown(const absl::StatusOr<Listing>& listing) {
    CHECK_OK(listing.status());
    std::vector<std::string> shown;
    for (const Entry& entry : listing->entries) {
      shown.push_back(absl::StrCat(entry.key.name, "=", entry.json));
    }
    return shown;
  }

  base::ManualClock clock_;
  TempFolder folder_;
  SqliteOptions options_ = {.limits = {}, .history = {}, .clock = &clock_};
  std::unique_ptr<SqliteRegistry> registry_;
};

TEST_F(SqliteRegistryTest, WhatWasAppliedIsThereAfterReopening) {
  EXPECT_EQ(MustApply(PutOf("a", "{1}")), 1);
  EXPECT_EQ(MustApply(PutOf("b", "{2}")), 2);
  Reopen();
  const absl::StatusOr<Listing> listing = registry_->List();
  ASSERT_TRUE(listing.ok());
  EXPECT_EQ(listing->revision, 2);
  EXPECT_THAT(Contents(), ElementsAre("a={1}", "b={2}"));
  EXPECT_EQ(listing->entries[0].revision, 1);
  EXPECT_EQ(listing->entries[0].origin.file, "shop.yaml");
  EXPECT_EQ(listing->entries[0].origin.line, 7);
}

TEST_F(SqliteRegistryTest, OutcomesSayWhatBecameOfEachWrite) {
  MustApply(PutOf("same", "{}"));
  MustApply(PutOf("old", "{}"));
  MustApply(PutOf("gone", "{}"));
  Transaction transaction;
  transaction.puts = {
      {Route("same"), "{}", {}}, {Route("old"), "{new}", {}}, {Route("fresh"), "{}", {}}};
  transaction.deletes = {Route("gone"), Route("never")};
  const auto result = registry_->Apply(transaction);
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->outcomes,
              ElementsAre(Outcome::kUnchanged, Outcome::kUpdated, Outcome::kCreated,
                          Outcome::kDeleted, Outcome::kAbsent));
  EXPECT_EQ(result->revision, 4);
}

TEST_F(SqliteRegistryTest, TransactionThatChangesNothingMakesNoRevision) {
  MustApply(PutOf("a", "{}"));
  EXPECT_EQ(MustApply(PutOf("a", "{}")), 1);
  EXPECT_EQ(MustApply(DeleteOf("never")), 1);
}

TEST_F(SqliteRegistryTest, DryRunAnswersAndKeepsNothing) {
  MustApply(PutOf("a", "{}"));
  Transaction transaction = PutOf("b", "{}");
  transaction.deletes = {Route("a")};
  transaction.dry_run = true;
  const auto result = registry_->Apply(transaction);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->revision, 2);
  EXPECT_THAT(result->outcomes, ElementsAre(Outcome::kCreated, Outcome::kDeleted));
  EXPECT_THAT(Contents(), ElementsAre("a={}"));
  EXPECT_EQ(registry_->List()->revision, 1);
}

TEST_F(SqliteRegistryTest, FailedPreconditionRefusesTheWholeTransaction) {
  MustApply(PutOf("a", "{}"));
  for (const Precondition& precondition :
       {Precondition{Route("a"), 2}, Precondition{Route("a"), 0}, Precondition{Route("b"), 1}}) {
    Transaction transaction = PutOf("c", "{}");
    transaction.preconditions = {precondition};
    const auto result = registry_->Apply(transaction);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted);
    EXPECT_THAT(result.status().message(), HasSubstr(precondition.key.ToString()));
  }
  EXPECT_THAT(Contents(), ElementsAre("a={}"));
  Transaction holds = PutOf("a", "{new}");
  holds.preconditions = {{Route("a"), 1}, {Route("b"), 0}};
  EXPECT_EQ(MustApply(holds), 2);
}

TEST_F(SqliteRegistryTest, BeyondALoweredLimitObjectsMayChangeAndGoButNotCome) {
  MustApply(PutOf("a", "{}"));
  MustApply(PutOf("b", "{}"));
  MustApply(PutOf("c", "{}"));
  options_.limits.max_objects = 1;
  Reopen();
  EXPECT_EQ(MustApply(PutOf("a", "{new}")), 4);
  EXPECT_EQ(MustApply(DeleteOf("b")), 5);
  EXPECT_EQ(registry_->Apply(PutOf("d", "{}")).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Contents(), ElementsAre("a={new}", "c={}"));
}

TEST_F(SqliteRegistryTest, TooManyObjectsAreRefusedAndNothingIsKept) {
  options_.limits.max_objects = 2;
  Reopen();
  MustApply(PutOf("a", "{}"));
  Transaction transaction = PutOf("b", "{}");
  transaction.puts.push_back({Route("c"), "{}", {}});
  EXPECT_EQ(registry_->Apply(transaction).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Contents(), ElementsAre("a={}"));
  transaction.deletes = {Route("a")};
  EXPECT_EQ(MustApply(transaction), 2);
}

TEST_F(SqliteRegistryTest, StatusLivesBesideTheObject) {
  MustApply(PutOf("a", "{}"));
  EXPECT_EQ(*registry_->ReadStatus(Route("a")), "");
  ASSERT_TRUE(registry_->WriteStatus({{Route("a"), "{ok}"}, {Route("never"), "{}"}}).ok());
  EXPECT_EQ(registry_->List()->revision, 1);
  MustApply(PutOf("a", "{new}"));
  EXPECT_EQ(*registry_->ReadStatus(Route("a")), "{ok}");
  Reopen();
  const auto all = registry_->ListStatus();
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->at(0).key, Route("a"));
  EXPECT_EQ(all->at(0).json, "{ok}");
  MustApply(DeleteOf("a"));
  EXPECT_TRUE(registry_->ListStatus()->empty());
  EXPECT_EQ(registry_->ReadStatus(Route("a")).status().code(), absl::StatusCode::kNotFound);
  MustApply(PutOf("a", "{}"));
  EXPECT_EQ(*registry_->ReadStatus(Route("a")), "");
}

TEST_F(SqliteRegistryTest, WatchTellsEachChangeAfterItsRevision) {
  MustApply(PutOf("a", "{1}"));
  MustApply(PutOf("b", "{1}"));
  BatchLog all, tail;
  auto from_start = registry_->Watch(0, all.Callback());
  auto from_one = registry_->Watch(1, tail.Callback());
  EXPECT_TRUE(all.AwaitRevision(2).batches[0].resync);
  const auto mirror = tail.AwaitRevision(2);
  EXPECT_FALSE(mirror.batches[0].resync);
  EXPECT_EQ(mirror.entries.size(), 1u);
  MustApply(DeleteOf("a"));
  const auto after = all.AwaitRevision(3);
  EXPECT_EQ(after.entries.size(), 1u);
  EXPECT_EQ(after.entries.at(Route("b")).json, "{1}");
}

TEST_F(SqliteRegistryTest, TransactionArrivesInOneBatch) {
  BatchLog log;
  auto subscription = registry_->Watch(0, log.Callback());
  log.AwaitBatches(1);
  Transaction transaction = PutOf("a", "{}");
  transaction.puts.push_back({Route("b"), "{}", {}});
  MustApply(transaction);
  const auto mirror = log.AwaitRevision(1);
  ASSERT_EQ(mirror.batches.size(), 2u);
  EXPECT_EQ(mirror.batches[1].changes.size(), 2u);
}

TEST_F(SqliteRegistryTest, WatchFromAForgottenRevisionIsAResync) {
  options_.history.max_revisions = 2;
  Reopen();
  for (int i = 0; i < 5; ++i) MustApply(PutOf(absl::StrCat("r", i), "{}"));
  BatchLog forgotten, known, future;
  auto a = registry_->Watch(2, forgotten.Callback());
  auto b = registry_->Watch(3, known.Callback());
  auto c = registry_->Watch(99, future.Callback());
  EXPECT_TRUE(forgotten.AwaitBatches(1).batches[0].resync);
  EXPECT_FALSE(known.AwaitBatches(1).batches[0].resync);
  const auto mirror = future.AwaitBatches(1);
  EXPECT_TRUE(mirror.batches[0].resync);
  EXPECT_EQ(mirror.revision, 5);
}

TEST_F(SqliteRegistryTest, HistorySaysWhoWhenWhyAndWhat) {
  Transaction transaction = PutOf("a", "{}");
  transaction.author = "ada";
  transaction.message = "open the shop";
  MustApply(transaction);
  clock_.AdvanceMs(5000);
  MustApply(DeleteOf("a"));
  const auto history = registry_->History(10);
  ASSERT_TRUE(history.ok());
  ASSERT_EQ(history->size(), 2u);
  EXPECT_EQ((*history)[0].revision, 2);
  EXPECT_EQ((*history)[1].author, "ada");
  EXPECT_EQ((*history)[1].message, "open the shop");
  EXPECT_THAT((*history)[1].keys, ElementsAre(Route("a")));
  EXPECT_EQ((*history)[0].at - (*history)[1].at, absl::Seconds(5));
  EXPECT_EQ(registry_->History(1)->size(), 1u);
}

TEST_F(SqliteRegistryTest, ListAtShowsThePast) {
  MustApply(PutOf("a", "{1}"));
  Transaction second = PutOf("a", "{2}");
  second.puts.push_back({Route("b"), "{1}", {}});
  MustApply(second);
  MustApply(DeleteOf("a"));
  EXPECT_THAT(Shown(registry_->ListAt(0)), ElementsAre());
  EXPECT_THAT(Shown(registry_->ListAt(1)), ElementsAre("a={1}"));
  EXPECT_THAT(Shown(registry_->ListAt(2)), ElementsAre("a={2}", "b={1}"));
  EXPECT_THAT(Shown(registry_->ListAt(3)), ElementsAre("b={1}"));
  EXPECT_EQ(registry_->ListAt(1)->entries[0].revision, 1);
  EXPECT_EQ(registry_->ListAt(4).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(SqliteRegistryTest, HistoryIsBoundedInRevisionsAndBytes) {
  options_.history = {.max_revisions = 3, .max_bytes = int64_t{1} << 20};
  Reopen();
  for (int i = 0; i < 6; ++i) MustApply(PutOf("a", absl::StrCat("{", i, "}")));
  EXPECT_EQ(registry_->History(100)->size(), 3u);
  EXPECT_EQ(registry_->ListAt(2).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(Shown(registry_->ListAt(3)), ElementsAre("a={2}"));

  options_.history = {.max_revisions = 100, .max_bytes = 3000};
  Reopen();
  for (int i = 0; i < 6; ++i) {
    MustApply(PutOf("a", absl::StrCat("{", std::string(1000, static_cast<char>('a' + i)), "}")));
  }
  EXPECT_EQ(registry_->History(100)->size(), 2u);
  EXPECT_EQ(registry_->ListAt(9).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(registry_->ListAt(10).ok());
}

}  // namespace
}  // namespace sluice::registry
