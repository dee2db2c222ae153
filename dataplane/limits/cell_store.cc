// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/cell_store.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "absl/log/check.h"

namespace sluice::limits {
namespace {

// Cells are plain words, so that calloc can give them; all access to them is atomic.
template <typename T>
T Load(T& word, std::memory_order order = std::memory_order_relaxed) {
  return std::atomic_ref<T>(word).load(order);
}

template <typename T>
void Store(T& word, T value, std::memory_order order = std::memory_order_relaxed) {
  std::atomic_ref<T>(word).store(value, order);
}

bool Swap(uint64_t& word, uint64_t& expected, uint64_t value) {
  return std::atomic_ref<uint64_t>(word).compare_exchange_strong(
      expected, value, std::memory_order_acq_rel, std::memory_order_acquire);
}

template <typename T>
T* Zeroed(size_t count) {
  void* memory = std::calloc(count, sizeof(T));
  CHECK(memory != nullptr) << "no memory for " << count << " cells";
  return static_cast<T*>(memory);
}

}  // namespace

CellStore::CellStore(size_t max_cells, Worth worth)
    : worth_(worth),
      cells_per_shard_(
          static_cast<uint32_t>(std::bit_ceil(std::max<size_t>(max_cells, kShards)) / kShards)),
      shards_(std::make_unique<Shard[]>(kShards)),
      cells_(Zeroed<Cell>(this->max_cells())),
      heads_(Zeroed<uint32_t>(this->max_cells())) {}

std::optional<CellStore::Sight> CellStore::Find(const Key& key) const {
  uint32_t link = Load(HeadOf(key), std::memory_order_acquire);
  for (int step = 0; link != 0 && step < kMaxSteps; ++step) {
    Cell& cell = CellAt(ShardOf(key), link - 1);
    // The word before the key: if the cell changes its owner after this look, a swap of this word
    // fails. And once more behind it: else what is refused, which swaps nothing, might be refused
    // for what the last owner spent. Whoever spends on the cell at this moment costs a step.
    const uint64_t word = Load(cell.word, std::memory_order_acquire);
    if (word == kBusy || !Holds(cell, key)) {
      link = Load(cell.next, std::memory_order_acquire);
    } else if (Load(cell.word, std::memory_order_acquire) == word) {
      return Sight{&cell, word};
    }
  }
  return std::nullopt;
}

bool CellStore::Holds(Cell& cell, const Key& key) {
  return Load(cell.low, std::memory_order_acquire) == key.low &&
         Load(cell.high, std::memory_order_acquire) == key.high;
}

bool CellStore::TryReplace(Sight& sight, uint64_t payload) {
  const uint64_t word = payload << kGenerationBits | (sight.word & kGenerationMask);
  uint64_t expected = sight.word;
  if (!Swap(sight.cell->word, expected, word)) return false;
  sight.word = word;
  return true;
}

CellStore::Sight CellStore::FindOrMake(const Key& key, uint64_t payload, uint64_t note,
                                       int64_t moment, bool& made) {
  Shard& shard = shards_[ShardOf(key)];
  const absl::MutexLock lock(&shard.mutex);
  // Under the lock chains and owners stand still, and no cell of them is busy.
  for (uint32_t link = Load(HeadOf(key)); link != 0;) {
    Cell& cell = CellAt(ShardOf(key), link - 1);
    if (Holds(cell, key)) {
      made = false;
      return Sight{&cell, Load(cell.word, std::memory_order_acquire)};
    }
    link = Load(cell.next);
  }
  made = true;
  return Place(key, payload, note, moment, shard);
}

CellStore::Sight CellStore::Place(const Key& key, uint64_t payload, uint64_t note, int64_t moment,
                                  Shard& shard) {
  const uint32_t shard_number = ShardOf(key);
  const Candidate place = Vacate(shard_number, shard, moment);
  Cell& cell = CellAt(shard_number, place.index);
  // Released, so that whoever sees the new key sees that the word is another's or kBusy.
  Store(cell.low, key.low, std::memory_order_release);
  Store(cell.high, key.high, std::memory_order_release);
  Store(cell.note, note);
  uint32_t& head = HeadOf(key);
  Store(cell.next, Load(head));
  const uint64_t generation = (place.word + 1) & kGenerationMask;
  const uint64_t word = payload << kGenerationBits | generation;
  Store(cell.word, word, std::memory_order_release);
  Store(head, place.index + 1, std::memory_order_release);

  const uint64_t worth = worth_(payload, note, moment);
  if (place.worth >= kBlocked) {
    // All else is blocked: unless this one soon is too, the next that comes finds it here first.
    shard.hand = place.index;
  }
  shard.full_until = worth < kBlocked ? INT64_MIN
                                      : std::min(shard.full_until,
                                                 moment + static_cast<int64_t>(worth - kBlocked));
  return Sight{&cell, word};
}

CellStore::Candidate CellStore::Vacate(uint32_t shard_number, Shard& shard, int64_t moment) {
  while (true) {
    const Candidate place = Choose(shard_number, shard, moment);
    Cell& cell = CellAt(shard_number, place.index);
    uint64_t expected = place.word;
    // Fails where somebody has just spent on it: then it may be worth more than another.
    if (!Swap(cell.word, expected, kBusy)) continue;
    if (place.worth > 0) ++shard.evictions.live;
    if (place.worth >= kBlocked) ++shard.evictions.blocked;
    if (place.index == shard.used) {
      ++shard.used;
    } else {
      Unlink(shard_number, place.index);
    }
    return place;
  }
}

CellStore::Candidate CellStore::Choose(uint32_t shard_number, Shard& shard, int64_t moment) const {
  const bool full = shard.used == cells_per_shard_;
  const Candidate found = Search(shard_number, shard, full ? kSearch : kGlance, moment);
  if (found.worth == 0) return found;
  if (!full) return {.index = shard.used, .word = 0, .worth = 0};
  if (found.worth < kBlocked || moment < shard.full_until) return found;
  const Candidate best = Search(shard_number, shard, cells_per_shard_, moment);
  // What comes to stand there may be all that is not blocked: the next search begins with it.
  shard.hand = best.index;
  if (best.worth >= kBlocked) {
    shard.full_until = moment + static_cast<int64_t>(best.worth - kBlocked);
  }
  return best;
}

CellStore::Candidate CellStore::Search(uint32_t shard_number, Shard& shard, uint32_t count,
                                       int64_t moment) const {
  Candidate best;
  for (uint32_t i = std::min(count, shard.used); i > 0 && best.worth > 0; --i) {
    if (shard.hand >= shard.used) shard.hand = 0;
    Cell& cell = CellAt(shard_number, shard.hand);
    const uint64_t word = Load(cell.word, std::memory_order_acquire);
    const uint64_t worth = worth_(word >> kGenerationBits, Load(cell.note), moment);
    if (worth < best.worth) best = {.index = shard.hand, .word = word, .worth = worth};
    ++shard.hand;
  }
  return best;
}

void CellStore::Unlink(uint32_t shard_number, uint32_t index) {
  Cell& cell = CellAt(shard_number, index);
  uint32_t* link = &HeadOf({.low = Load(cell.low), .high = Load(cell.high)});
  while (Load(*link) != index + 1) link = &CellAt(shard_number, Load(*link) - 1).next;
  Store(*link, Load(cell.next), std::memory_order_release);
}

std::optional<CellStore::Entry> CellStore::At(size_t number) const {
  Cell& cell = cells_[number];
  const uint64_t word = Load(cell.word, std::memory_order_acquire);
  const Key key = {.low = Load(cell.low), .high = Load(cell.high)};
  if (word == kBusy || key == Key{}) return std::nullopt;
  return Entry{.key = key, .note = Load(cell.note), .sight = {&cell, word}};
}

size_t CellStore::used() const {
  size_t used = 0;
  for (uint32_t i = 0; i < kShards; ++i) {
    const Shard& shard = shards_[i];
    const absl::MutexLock lock(&shard.mutex);
    used += shard.used;
  }
  return used;
}

CellStore::Evictions CellStore::evictions() const {
  Evictions sum;
  for (uint32_t i = 0; i < kShards; ++i) {
    const Shard& shard = shards_[i];
    const absl::MutexLock lock(&shard.mutex);
    sum.live += shard.evictions.live;
    sum.blocked += shard.evictions.blocked;
  }
  return sum;
}

}  // namespace sluice::limits
