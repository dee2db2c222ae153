// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/delivery.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "controlplane/registry/batch_log.h"
#include "gtest/gtest.h"

namespace sluice::registry {
namespace {

// A backend of one counter: each revision puts one more object.
class CountingBackend {
 public:
  CountingBackend() : delivery_("fake", [this](Revision from) { return ChangesSince(from); }) {}

  void Advance(int by) {
    {
      absl::MutexLock lock(&mutex_);
      revision_ += by;
    }
    delivery_.Wake();
  }
  void SetFailure(absl::Status failure) {
    {
      absl::MutexLock lock(&mutex_);
      failure_ = std::move(failure);
    }
    delivery_.Wake();
  }
  Delivery& delivery() { return delivery_; }

 private:
  absl::StatusOr<ChangeBatch> ChangesSince(Revision from) {
    absl::MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    ChangeBatch batch{.revision = revision_, .resync = from == 0, .changes = {}};
    for (Revision r = from + 1; r <= revision_; ++r) {
      batch.changes.push_back(Put{{{"Thing", "", std::to_string(r)}, "{}", r, {}, nullptr}});
    }
    return batch;
  }

  absl::Mutex mutex_;
  Revision revision_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  Delivery delivery_;
};

TEST(DeliveryTest, EmptyRegistryStillSyncsOnceFromZero) {
  CountingBackend backend;
  BatchLog log;
  auto first = backend.delivery().Add(0, log.Callback());
  EXPECT_TRUE(log.AwaitBatches(1).batches[0].resync);
  // A second watcher wakes the thread; the first has no news and hears nothing.
  BatchLog other;
  auto second = backend.delivery().Add(0, other.Callback());
  other.AwaitBatches(1);
  backend.Advance(1);
  EXPECT_EQ(log.AwaitRevision(1).batches.size(), 2u);
}

TEST(DeliveryTest, WatchFromTheCurrentRevisionHearsOnlyWhatFollows) {
  CountingBackend backend;
  backend.Advance(3);
  BatchLog log;
  auto subscription = backend.delivery().Add(3, log.Callback());
  backend.Advance(1);
  const BatchLog::Mirror mirror = log.AwaitRevision(4);
  EXPECT_EQ(mirror.batches.size(), 1u);
  EXPECT_FALSE(mirror.batches[0].resync);
  EXPECT_EQ(mirror.entries.size(), 1u);
}

TEST(DeliveryTest, SlowWatcherGetsOneBatchForManyChanges) {
  CountingBackend backend;
  BatchLog log;
  absl::Notification entered, go_on;
  auto subscription = backend.delivery().Add(0, [&](const ChangeBatch& batch) {
    if (batch.revision == 1) {
      entered.Notify();
      go_on.WaitForNotification();
    }
    log.Callback()(batch);
  });
  log.AwaitBatches(1);
  backend.Advance(1);
  entered.WaitForNotification();
  for (int i = 0; i < 100; ++i) backend.Advance(1);
  go_on.Notify();
  const BatchLog::Mirror mirror = log.AwaitRevision(101);
  EXPECT_EQ(mirror.entries.size(), 101u);
  EXPECT_EQ(mirror.batches.size(), 3u);
}

TEST(DeliveryTest, TroubleIsToldOnceAndMended) {
  CountingBackend backend;
  BatchLog log;
  auto subscription = backend.delivery().Add(0, log.Callback());
  log.AwaitBatches(1);
  backend.SetFailure(absl::UnavailableError("no answer"));
  const auto in_trouble = log.Await([](const auto& m) { return !m.problems.empty(); });
  EXPECT_NE(in_trouble.problems.at("fake")[0].reason.find("no answer"), std::string::npos);
  backend.delivery().Wake();
  backend.SetFailure(absl::OkStatus());
  const auto mended = log.Await([](const auto& m) { return m.problems.empty(); });
  EXPECT_EQ(mended.batches.size(), 3u);
}

TEST(DeliveryTest, NoCallbackRunsOnceTheSubscriptionIsGone) {
  CountingBackend backend;
  BatchLog witness;
  auto keeps = backend.delivery().Add(0, witness.Callback());
  auto flag = std::make_unique<bool>(true);
  auto subscription = backend.delivery().Add(0, [&](const ChangeBatch&) { EXPECT_TRUE(*flag); });
  backend.Advance(1);
  subscription.reset();
  flag.reset();
  backend.Advance(1);
  witness.AwaitRevision(2);
}

TEST(DeliveryTest, CallbackMayEndItsOwnWatch) {
  CountingBackend backend;
  absl::Notification done;
  std::unique_ptr<Subscription> subscription;
  absl::Notification set;
  subscription = backend.delivery().Add(0, [&](const ChangeBatch&) {
    set.WaitForNotification();
    subscription.reset();
    done.Notify();
  });
  set.Notify();
  done.WaitForNotification();
  EXPECT_EQ(subscription, nullptr);
}

}  // namespace
}  // namespace sluice::registry
