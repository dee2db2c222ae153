// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "dataplane/crypto/keyed_hash.h"
#include "dataplane/limits/cell_store.h"
#include "dataplane/limits/gcra.h"

namespace sluice::limits {

// One key that a request is counted under, and the limit that it has there. The key stands for the
// limit's parameters too: what is counted under one key is always judged by the same limit.
struct Charge {
  Key key;
  const Gcra* limit = nullptr;
};

// The LimitTable counts requests against rate limits, for the whole process: it is **shared by all
// workers**, since a limit that each worker kept for itself would be as many limits (design.md §4).
// It costs nothing, of memory or time, until a first request is counted. What a key is made of, and
// what becomes of a request, is the business of those who ask (filters/limit).
//
// Exactness. A key's count is one word that is changed by compare-and-swap, so workers never admit
// more together than one would alone: over any stretch of `d` of the times passed in at most burst
// + d / interval (see Gcra). A worker's time is that of the turn of its loop; measured on a common
// clock, a stretch may so hold the units of the longest turn besides: (d + turn) / interval. Leases
// of tokens per worker would take the contended cache line off a hot key, but admit, or refuse, up
// to workers x batch units wrongly; limit_table_bench.cc measures both.
//
// Several charges admit together or not at all. Nothing is spent for what is refused: charges are
// judged before the first is spent. Where another worker takes the last unit in between, what was
// spent is given back; if yet another request has come to that key meanwhile, it stays spent. So a
// race may refuse a request, or up to one cost of a key, too many, and never admits one too many.
//
// A new key takes the place of one that has nothing spent any more. In a table that is full of keys
// in use, the one goes whose units come back first; a key that is blocked now goes only when all of
// its shard are (attacks RL-02: many keys that come once do not make room for one that is refused).
// A key that had to go begins anew.
//
// Clocks. `now_ns` is monotonic. Should it go back all the same, nothing is forgotten or given
// twice: what was spent comes back that much later. Should it leap, everything has come back, once.
//
// Thread:   any; all of it at once.
// Lifetime: outlives all that ask it. Limits that charges point to are needed during the call only.
// Errors:   none: a refusal is an answer.
// Limits:   max_keys, 44 bytes each: 46 MiB with kDefaultKeys. kMaxCharges a request. A process may
// run
//           for nine years.
class LimitTable {
 public:
  static constexpr size_t kDefaultKeys = size_t{1} << 20;
  static constexpr size_t kMaxCharges = 16;

  // `now_ns` is the time of the same clock as later on.
  explicit LimitTable(int64_t now_ns, size_t max_keys = kDefaultKeys);

  // The key of a text. Nobody outside of the process can find two texts of one key.
  [[nodiscard]] Key KeyOf(std::string_view text) const { return hash_.Hash(text); }

  // Counts a request of `cost` units (1 to Gcra::kMaxCost) if all charges let it. At most
  // kMaxCharges of them, each with another key; none admit. standings[i], of which there must be as
  // many, says what came of charges[i], `admitted` for itself: where one refuses, the others stand
  // as if it had not been asked.
  bool Admit(absl::Span<const Charge> charges, uint64_t cost, int64_t now_ns,
             absl::Span<Standing> standings);

  // Keys that the table has ever had room for at once; what is resident is in proportion.
  size_t used() const { return cells_.used(); }
  size_t max_keys() const { return cells_.max_cells(); }
  CellStore::Evictions evictions() const { return cells_.evictions(); }

 private:
  // What a charge did, so that it can be undone.
  struct Spent {
    CellStore::Sight sight;
    uint64_t before = 0;
  };

  static uint64_t WorthOf(uint64_t payload, uint64_t note, int64_t moment);
  int64_t Time(int64_t now_ns) const;
  Standing Look(const Charge& charge, uint64_t cost, int64_t time) const;
  // Has those that admitted stand as if they had not been asked.
  void LookAgain(absl::Span<const Charge> charges, int64_t time,
                 absl::Span<Standing> standings) const;
  Standing Spend(const Charge& charge, uint64_t cost, int64_t time, Spent& spent);

  const int64_t start_ns_;
  const crypto::KeyedHash hash_;
  CellStore cells_;  // Payload: the theoretical arrival time since start_ns_.
};

}  // namespace sluice::limits
