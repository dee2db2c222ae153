// SPDX-License-Identifier: Apache-2.0
//
// Aim: a million keys fit into 128 MiB, all told, and into no less than they need; nothing is taken
// before. Method: the process's own resident size.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "dataplane/limits/limit_table.h"

namespace sluice::limits {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMiB = 1 << 20;

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// Sanitizers have memory of their own for each byte of ours.
constexpr bool kSanitized =
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    true;
#else
    false;
#endif

bool Ask(LimitTable& table, int i, const Gcra& limit) {
  const Charge charge{table.KeyOf(absl::StrCat("consumer-", i)), &limit};
  Standing standing;
  return table.Admit(absl::MakeConstSpan(&charge, 1), 1, 0, absl::MakeSpan(&standing, 1));
}

TEST(LimitTableMemoryTest, AMillionKeysFit) {
  constexpr int kKeys = 1'000'000;
  const Gcra limit = Gcra::Make(1, 60 * kSecond, 1).value();
  const int64_t before = ResidentBytes();
  LimitTable table(0);
  const int64_t empty = ResidentBytes() - before;
  for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(Ask(table, i, limit));
  const int64_t full = ResidentBytes() - before;
  std::printf("resident: %.1f MiB empty, %.1f MiB with %d keys\n",
              static_cast<double>(empty) / kMiB, static_cast<double>(full) / kMiB, kKeys);
  // Every one of them is still there, and refused.
  for (int i = 0; i < kKeys; ++i) ASSERT_FALSE(Ask(table, i, limit));
  EXPECT_EQ(table.used(), static_cast<size_t>(kKeys));
  EXPECT_EQ(table.evictions().live, 0u);
  if (kSanitized) return;
  EXPECT_LT(empty, kMiB);
  EXPECT_LT(full, 128 * kMiB);
  // Three times as many: what it takes stays as it is.
  for (int i = kKeys; i < 3 * kKeys; ++i) ASSERT_TRUE(Ask(table, i, limit));
  EXPECT_LT(ResidentBytes() - before, 128 * kMiB);
  EXPECT_EQ(table.used(), table.max_keys());
}

}  // namespace
}  // namespace sluice::limits
