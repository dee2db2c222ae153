// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/crypto/keyed_hash.h"

namespace sluice::limits {

using Key = crypto::Hash128;

// CellStore is a table of fixed size from keys to single words, which all threads read and change
// at once. A word is changed by compare-and-swap alone, so a hot key costs its threads one
// contended cache line and no lock; a lock (one of kShards) is taken to bring a key in.
//
// It is full, never larger: who comes then takes the place of a key that is worth nothing any more,
// or else of the least worthy; see Worth. It never grows or rehashes. Memory is taken from the
// system as keys come, and at most bytes() of it.
//
// Invariants:
//   1. A key has at most one cell: they are linked in under their shard's lock, after a look for
//   it.
//   2. A word that was found is its key's, and is swapped only while its cell belongs to that: each
//      new owner changes the word's generation, and while owners change it is kBusy. (Sixteen
//      changes of owner between one look and its swap, ending in the same payload, would go
//      unnoticed.)
//
// Thread:   any.
// Lifetime: `worth` is a plain function. What Find gives is good for one TryReplace, at any time.
// Errors:   none.
// Limits:   max_cells; 44 bytes a cell, taken whether or not it is still worth something.
class CellStore {
 public:
  // What a cell is worth at a moment, in the caller's unit of time: 0 for one that may go at once.
  // At least kBlocked for one that holds somebody back: those go last of all, least worthy first.
  using Worth = uint64_t (*)(uint64_t payload, uint64_t note, int64_t moment);
  static constexpr uint64_t kBlocked = uint64_t{1} << 62;
  static constexpr uint64_t kMaxPayload = (uint64_t{1} << 60) - 2;

 private:
  struct Cell {
    uint64_t word;  // Payload, and four bits of generation.
    uint64_t low;
    uint64_t high;
    uint64_t note;
    uint32_t next;  // Number of a cell plus one; 0: the last of its chain.
  };

 public:
  // A cell as one look found it.
  struct Sight {
    Cell* cell = nullptr;
    uint64_t word = 0;
    uint64_t payload() const { return word >> kGenerationBits; }
  };

  // How many keys had to go that were still worth something, and of those, that were blocked.
  struct Evictions {
    uint64_t live = 0;
    uint64_t blocked = 0;
  };

  // `max_cells` is rounded up to a power of two of at least kShards.
  CellStore(size_t max_cells, Worth worth);
  CellStore(const CellStore&) = delete;
  CellStore& operator=(const CellStore&) = delete;

  // The key's cell. Nothing if it has none, or if one is just being made or given up.
  [[nodiscard]] std::optional<Sight> Find(const Key& key) const;

  // The key's cell, made with `payload` and `note` if there was none: `made` says so.
  Sight FindOrMake(const Key& key, uint64_t payload, uint64_t note, int64_t moment, bool& made);

  // Puts `payload` in the place of what was seen, and updates `sight`; false if something else is
  // there by now: look again.
  [[nodiscard]] static bool TryReplace(Sight& sight, uint64_t payload);

  // The cell of that number, below max_cells(), and its key; nothing if it has none now. Only once
  // TryReplace of its sight succeeds is it certain that key, note and payload belong together. A
  // key that comes or goes while the numbers are gone through may be missed.
  struct Entry {
    Key key;
    uint64_t note = 0;
    Sight sight;
  };
  [[nodiscard]] std::optional<Entry> At(size_t number) const;

  size_t max_cells() const { return size_t{cells_per_shard_} * kShards; }
  size_t bytes() const { return max_cells() * (sizeof(Cell) + sizeof(uint32_t)); }
  // Cells that were ever used; the memory that the store holds is in proportion.
  size_t used() const;
  Evictions evictions() const;

 private:
  static constexpr int kGenerationBits = 4;
  static constexpr uint64_t kGenerationMask = (uint64_t{1} << kGenerationBits) - 1;
  static constexpr uint64_t kBusy = ~uint64_t{0};
  static constexpr uint32_t kShards = 64;
  // With as many chains as cells and a keyed hash, a chain longer than that is one that is
  // changing.
  static constexpr int kMaxSteps = 32;
  // Cells looked at for one that is worth nothing while there are unused ones; and for the least
  // worthy.
  static constexpr uint32_t kGlance = 4;
  static constexpr uint32_t kSearch = 64;

  struct alignas(64) Shard {
    mutable absl::Mutex mutex;
    uint32_t used ABSL_GUARDED_BY(mutex) = 0;
    uint32_t hand ABSL_GUARDED_BY(mutex) = 0;  // Where the search for a place goes on.
    // A search of the whole shard found only blocked cells; none is worth less before this moment.
    int64_t full_until ABSL_GUARDED_BY(mutex) = INT64_MIN;
    Evictions evictions ABSL_GUARDED_BY(mutex);
  };
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  struct Candidate {
    uint32_t index = 0;
    uint64_t word = kBusy;
    uint64_t worth = ~uint64_t{0};
  };

  uint32_t ShardOf(const Key& key) const { return static_cast<uint32_t>(key.high % kShards); }
  // The chain's first cell.
  uint32_t& HeadOf(const Key& key) const {
    return heads_[size_t{ShardOf(key)} * cells_per_shard_ + key.low % cells_per_shard_];
  }
  Cell& CellAt(uint32_t shard, uint32_t index) const {
    return cells_[size_t{shard} * cells_per_shard_ + index];
  }
  static bool Holds(Cell& cell, const Key& key);
  // Gives the key a cell that another had, or that nobody had yet. The key must have none.
  Sight Place(const Key& key, uint64_t payload, uint64_t note, int64_t moment, Shard& shard)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  // Takes a cell out of use, for another key: which it was. Its word is kBusy from here on.
  Candidate Vacate(uint32_t shard_number, Shard& shard, int64_t moment)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  Candidate Choose(uint32_t shard_number, Shard& shard, int64_t moment) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  // The least worthy of the next `count` cells, as far as there are so many; the first that is
  // worth nothing ends the search. Moves the hand on.
  Candidate Search(uint32_t shard_number, Shard& shard, uint32_t count, int64_t moment) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  void Unlink(uint32_t shard_number, uint32_t index);

  const Worth worth_;
  const uint32_t cells_per_shard_;
  const std::unique_ptr<Shard[]> shards_;
  // From calloc, which gets pages from the system when they are first written.
  const std::unique_ptr<Cell[], Free> cells_;
  const std::unique_ptr<uint32_t[], Free> heads_;
};

}  // namespace sluice::limits
