// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "controlplane/registry/batch_log.h"
#include "controlplane/registry/sqlite/sqlite_registry.h"
#include "controlplane/registry/temp_folder.h"
#include "gtest/gtest.h"

namespace sluice::registry {
namespace {

struct Cell {
  std::string json;
  Revision revision = 0;
  bool operator==(const Cell&) const = default;
};
using Model = std::map<manifest::ObjectKey, Cell>;

Model ModelOf(const std::vector<Entry>& entries) {
  Model model;
  for (const Entry& entry : entries) model[entry.key] = {entry.json, entry.revision};
  return model;
}

// Aim: SqliteRegistry is a map with revisions. Method: random transactions, many of them with
// preconditions that fail, dry runs, and reopenings, go to the registry and to a std::map; after
// each the answers agree, at times the past does too, and a watcher ends with the same map.
class Walk {
 public:
  explicit Walk(unsigned seed) : random_(seed) { Reopen(); }

  void Step() {
    const int dice = Roll(20);
    if (dice == 0) return Reopen();
    if (dice == 1) return CheckThePast();
    const Transaction transaction = RandomTransaction();
    const absl::StatusOr<ApplyResult> result = registry_->Apply(transaction);
    const bool holds = PreconditionsHold(transaction);
    ASSERT_EQ(result.ok(), holds) << result.status();
    if (holds) CheckApplied(transaction, *result);
    const absl::StatusOr<Listing> listing = registry_->List();
    ASSERT_TRUE(listing.ok()) << listing.status();
    ASSERT_EQ(listing->revision, revision_);
    ASSERT_EQ(ModelOf(listing->entries), model_);
  }

  void Finish() {
    if (revision_ == 0) return;
    const BatchLog::Mirror mirror = log_->AwaitRevision(revision_);
    Model seen;
    for (const auto& [key, entry] : mirror.entries) seen[key] = {entry.json, entry.revision};
    ASSERT_EQ(seen, model_);
  }

 private:
  int Roll(int sides) { return static_cast<int>(random_() % static_cast<unsigned>(sides)); }
  manifest::ObjectKey RandomKey() {
    return {Roll(2) == 0 ? "HTTPRoute" : "Backend", absl::StrCat("ns", Roll(2)),
            absl::StrCat("o", Roll(6))};
  }

  void Reopen() {
    subscription_.reset();
    registry_.reset();
    auto opened = SqliteRegistry::Open(folder_.path(), SqliteOptions());
    CHECK_OK(opened.status());
    registry_ = *std::move(opened);
    // A new watcher each time, from nothing, or going on where the last one was.
    Revision from = 0;
    if (log_ == nullptr || Roll(2) == 0) {
      log_ = std::make_unique<BatchLog>();
    } else {
      from = log_->AwaitBatches(0).revision;
    }
    subscription_ = registry_->Watch(from, log_->Callback());
  }

  Transaction RandomTransaction() {
    Transaction transaction;
    std::map<manifest::ObjectKey, bool> used;
    for (int i = Roll(5); i >= 0; --i) {
      manifest::ObjectKey key = RandomKey();
      if (!used.emplace(key, true).second) continue;
      if (Roll(3) == 0) {
        transaction.deletes.push_back(std::move(key));
      } else {
        transaction.puts.push_back({std::move(key), absl::StrCat("{", Roll(4), "}"), {}});
      }
    }
    for (int i = Roll(3); i > 0; --i) {
      const manifest::ObjectKey key = RandomKey();
      const Revision actual = model_.contains(key) ? model_[key].revision : 0;
      transaction.preconditions.push_back({key, actual + (Roll(6) == 0 ? 1 : 0)});
    }
    transaction.dry_run = Roll(6) == 0;
    return transaction;
  }

  bool PreconditionsHold(const Transaction& transaction) {
    for (const Precondition& precondition : transaction.preconditions) {
      const auto it = model_.find(precondition.key);
      const Revision actual = it == model_.end() ? 0 : it->second.revision;
      if (actual != precondition.revision) return false;
    }
    return true;
  }

  void CheckApplied(const Transaction& transaction, const ApplyResult& result) {
    Model next = model_;
    std::vector<Outcome> outcomes;
    const Revision revision = revision_ + 1;
    for (const PutRequest& put : transaction.puts) {
      const auto it = next.find(put.key);
      if (it != next.end() && it->second.json == put.json) {
        outcomes.push_back(Outcome::kUnchanged);
        continue;
      }
      outcomes.push_back(it == next.end() ? Outcome::kCreated : Outcome::kUpdated);
      next[put.key] = {put.json, revision};
    }
    for (const manifest::ObjectKey& key : transaction.deletes) {
      outcomes.push_back(next.erase(key) > 0 ? Outcome::kDeleted : Outcome::kAbsent);
    }
    ASSERT_EQ(result.outcomes, outcomes);
    ASSERT_EQ(result.revision, next == model_ ? revision_ : revision);
    if (transaction.dry_run) return;
    model_ = std::move(next);
    revision_ = result.revision;
    past_[revision_] = model_;
  }

  void CheckThePast() {
    if (past_.empty()) return;
    const auto it = std::next(past_.begin(), Roll(static_cast<int>(past_.size())));
    const absl::StatusOr<Listing> listing = registry_->ListAt(it->first);
    ASSERT_TRUE(listing.ok()) << listing.status();
    ASSERT_EQ(ModelOf(listing->entries), it->second);
  }

  std::mt19937 random_;
  TempFolder folder_;
  Model model_;
  Revision revision_ = 0;
  std::map<Revision, Model> past_;
  std::unique_ptr<BatchLog> log_;
  std::unique_ptr<SqliteRegistry> registry_;
  std::unique_ptr<Subscription> subscription_;
};

TEST(SqliteModelTest, BehavesAsAMapWithRevisions) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    Walk walk(seed);
    for (int step = 0; step < 120 && !::testing::Test::HasFatalFailure(); ++step) walk.Step();
    walk.Finish();
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::registry
