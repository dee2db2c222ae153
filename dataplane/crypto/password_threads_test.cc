// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/password_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"

namespace sluice::crypto {
namespace {

constexpr char kHash[] = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=";

TEST(PasswordThreadsTest, SaysWhetherAPasswordIsGood) {
  std::atomic<int> left = 20, good = 0;
  absl::Notification all;
  PasswordThreads threads(2);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(threads.TryCheck(kHash, i % 2 == 0 ? "password" : "wrong", [&](bool is_good) {
      good += is_good;
      if (--left == 0) all.Notify();
    }));
  }
  all.WaitForNotification();
  EXPECT_EQ(good, 10);
}

TEST(PasswordThreadsTest, RefusesWhatWouldWaitTooLong) {
  absl::Notification begun, go;
  PasswordThreads threads(1);
  ASSERT_TRUE(threads.TryCheck(kHash, "x", [&](bool) {
    begun.Notify();
    go.WaitForNotification();
  }));
  begun.WaitForNotification();
  for (size_t i = 0; i < PasswordThreads::kMaxWaiting; ++i) {
    ASSERT_TRUE(threads.TryCheck(kHash, "x", [](bool) {}));
  }
  EXPECT_FALSE(threads.TryCheck(kHash, "x", [](bool) {}));
  go.Notify();
}

TEST(PasswordThreadsTest, DropsWhatWaitsWhenItEnds) {
  std::weak_ptr<int> dropped;
  {
    PasswordThreads threads(0);
    auto held = std::make_shared<int>();
    dropped = held;
    ASSERT_TRUE(threads.TryCheck(kHash, "x", [held](bool) {}));
  }
  EXPECT_TRUE(dropped.expired());
}

}  // namespace
}  // namespace sluice::crypto
