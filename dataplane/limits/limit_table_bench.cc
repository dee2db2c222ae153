// SPDX-License-Identifier: Apache-2.0
//
// What one admission costs, on one hot key and on a million, by one and two threads: LimitTable,
// and the two other ways to share a count.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/limits/limit_table.h"
#include "dataplane/limits/test_dice.h"

namespace sluice::limits {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kKeys = 1'000'000;

// Never runs dry, so that every request writes.
const Gcra& Generous() {
  static const Gcra limit = Gcra::Make(Gcra::kMaxUnits, kSecond, Gcra::kMaxUnits).value();
  return limit;
}

Key NumberedKey(uint64_t number) {
  TestDice dice(number);
  return {.low = dice.Next(), .high = dice.Next()};
}

// A map and a lock a shard.
class LockedTable {
 public:
  bool Admit(const Key& key, int64_t now_ns) {
    Shard& shard = shards_[key.high % kShards];
    const absl::MutexLock lock(&shard.mutex);
    int64_t& tat = shard.tats[key.low];
    if (!Generous().Judge(tat, now_ns, 1).admitted) return false;
    tat = Generous().After(tat, now_ns, 1);
    return true;
  }

 private:
  static constexpr size_t kShards = 64;
  struct alignas(64) Shard {
    absl::Mutex mutex;
    absl::flat_hash_map<uint64_t, int64_t> tats ABSL_GUARDED_BY(mutex);
  };
  std::array<Shard, kShards> shards_;
};

// One worker's units, fetched `kBatch` at a time.
class Leases {
 public:
  static constexpr uint64_t kBatch = 16;

  explicit Leases(LimitTable& table) : table_(table) {}

  bool Admit(const Key& key, int64_t now_ns) {
    uint64_t& left = left_[key.low];
    if (left == 0) {
      const Charge charge{key, &Generous()};
      Standing standing;
      if (!table_.Admit(absl::MakeConstSpan(&charge, 1), kBatch, now_ns,
                        absl::MakeSpan(&standing, 1))) {
        return false;
      }
      left = kBatch;
    }
    --left;
    return true;
  }

 private:
  LimitTable& table_;
  absl::flat_hash_map<uint64_t, uint64_t> left_;
};

bool AdmitInTable(LimitTable& table, const Key& key, int64_t now_ns) {
  const Charge charge{key, &Generous()};
  Standing standing;
  return table.Admit(absl::MakeConstSpan(&charge, 1), 1, now_ns, absl::MakeSpan(&standing, 1));
}

// Runs `admit(key, now)` on one key, or on random ones of a million.
template <typename Admit>
void Run(benchmark::State& state, Admit admit) {
  TestDice dice(static_cast<uint64_t>(state.thread_index()) + 1);
  const bool hot = state.range(0) == 1;
  const Key one = NumberedKey(0);
  int64_t now = kSecond;
  for (auto _ : state) {
    now += 100;
    const Key key = hot ? one : NumberedKey(dice.Next() % kKeys);
    benchmark::DoNotOptimize(admit(key, now));
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_Cas(benchmark::State& state) {
  static std::unique_ptr<LimitTable> table;
  if (state.thread_index() == 0) {
    table = std::make_unique<LimitTable>(0);
    for (int64_t i = 0; i < kKeys; ++i) {
      AdmitInTable(*table, NumberedKey(static_cast<uint64_t>(i)), 1000 * kSecond);
    }
  }
  Run(state, [](const Key& key, int64_t now) { return AdmitInTable(*table, key, now); });
  if (state.thread_index() == 0) table.reset();
}

void BM_LockAShard(benchmark::State& state) {
  static std::unique_ptr<LockedTable> table;
  if (state.thread_index() == 0) {
    table = std::make_unique<LockedTable>();
    for (int64_t i = 0; i < kKeys; ++i) table->Admit(NumberedKey(static_cast<uint64_t>(i)), 0);
  }
  Run(state, [](const Key& key, int64_t now) { return table->Admit(key, now); });
  if (state.thread_index() == 0) table.reset();
}

void BM_Leases(benchmark::State& state) {
  static std::unique_ptr<LimitTable> table;
  if (state.thread_index() == 0) table = std::make_unique<LimitTable>(0);
  std::unique_ptr<Leases> leases;
  Run(state, [&leases](const Key& key, int64_t now) {
    if (leases == nullptr) leases = std::make_unique<Leases>(*table);
    return leases->Admit(key, now);
  });
  if (state.thread_index() == 0) table.reset();
}

BENCHMARK(BM_Cas)->ArgName("keys")->Arg(1)->Arg(kKeys)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(BM_LockAShard)
    ->ArgName("keys")
    ->Arg(1)
    ->Arg(kKeys)
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();
BENCHMARK(BM_Leases)->ArgName("keys")->Arg(1)->Arg(kKeys)->Threads(1)->Threads(2)->UseRealTime();

// A refused request on the hot key only reads.
void BM_Refused(benchmark::State& state) {
  static std::unique_ptr<LimitTable> table;
  static const Gcra limit = Gcra::Make(1, 3600 * kSecond, 1).value();
  if (state.thread_index() == 0) table = std::make_unique<LimitTable>(0);
  Run(state, [](const Key& key, int64_t) {
    const Charge charge{key, &limit};
    Standing standing;
    return table->Admit(absl::MakeConstSpan(&charge, 1), 1, 0, absl::MakeSpan(&standing, 1));
  });
  if (state.thread_index() == 0) table.reset();
}
BENCHMARK(BM_Refused)->ArgName("keys")->Arg(1)->Threads(1)->Threads(2)->UseRealTime();

// Every request brings a key that nobody has seen, into a table that is full of others in use.
void BM_NewKeyInAFullTable(benchmark::State& state) {
  static std::unique_ptr<LimitTable> table;
  static const Gcra limit = Gcra::Make(10, 3600 * kSecond, 10).value();
  const auto admit = [](uint64_t number) {
    const Charge charge{NumberedKey(number), &limit};
    Standing standing;
    return table->Admit(absl::MakeConstSpan(&charge, 1), 1, 0, absl::MakeSpan(&standing, 1));
  };
  if (state.thread_index() == 0) {
    table = std::make_unique<LimitTable>(0);
    for (uint64_t i = 0; i < table->max_keys() * 2; ++i) admit(i);
  }
  uint64_t number = (static_cast<uint64_t>(state.thread_index()) + 1) << 40;
  for (auto _ : state) benchmark::DoNotOptimize(admit(++number));
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) table.reset();
}
BENCHMARK(BM_NewKeyInAFullTable)->Threads(1)->Threads(2)->UseRealTime();

// From the text of a key, as the filter has it, to the answer.
void BM_TextToAnswer(benchmark::State& state) {
  LimitTable table(0);
  const std::string text = absl::StrCat("RateLimitPolicy/shop/checkout per-minute 100 60 100 ",
                                        std::string(static_cast<size_t>(state.range(0)), 'x'));
  int64_t now = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(AdmitInTable(table, table.KeyOf(text), now += 100));
  }
}
BENCHMARK(BM_TextToAnswer)->ArgName("value_bytes")->Arg(16)->Arg(64)->Arg(512);

}  // namespace
}  // namespace sluice::limits

BENCHMARK_MAIN();
