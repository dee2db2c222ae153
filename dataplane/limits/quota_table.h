// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dataplane/crypto/keyed_hash.h"
#include "dataplane/limits/calendar.h"
#include "dataplane/limits/cell_store.h"

namespace sluice::limits {

// So many units a day or month.
struct Quota {
  uint64_t units = 0;  // 1 to QuotaTable::kMaxUnits.
  CalendarWindow window = CalendarWindow::kDay;
  bool operator==(const Quota&) const = default;
};

struct QuotaStanding {
  bool admitted = false;
  uint64_t remaining = 0;  // Units left in the window, after this request.
  int64_t reset_s = 0;     // Until the window ends, in seconds; at least 1.
};

// What has been used of one quota: what outlives a restart.
struct QuotaRecord {
  Key key;
  Quota quota;
  uint32_t window_number = 0;
  uint64_t used = 0;
  bool operator==(const QuotaRecord&) const = default;
};

// The QuotaTable counts requests against quotas of calendar windows, for the whole process, as the
// LimitTable does against rates: **shared by all workers**, one word a key, exact, with no error
// between workers.
//
// Counts outlive a restart where somebody keeps them: TakeChanged gives what has changed, Restore
// takes it back. Keys are hashes, so the hash's key must be kept along, as secret as the counts'
// integrity is dear: who knows it can find texts that share a count.
//
// Clock. `wall_s` is the wall's. If it goes back over the end of a window, the later window goes on
// counting, so that nobody gets a window twice; if it leaps ahead, a new window begins, and it is
// the one that counts until its own end.
//
// A full table evicts as the LimitTable does. A count that had to go begins anew: evictions() says
// how many did.
//
// Thread:   any; all of it at once, but TakeChanged, which one thread calls at a time.
// Lifetime: outlives all that ask it.
// Errors:   none: a refusal is an answer.
// Limits:   max_keys, 44 bytes each; counts up to kMaxUnits; dates up to the year 3400.
class QuotaTable {
 public:
  static constexpr uint64_t kMaxUnits = (uint64_t{1} << 40) - 1;

  explicit QuotaTable(size_t max_keys,
                      const crypto::KeyedHash::Key& hash_key = crypto::KeyedHash::RandomKey());

  [[nodiscard]] Key KeyOf(std::string_view text) const { return hash_.Hash(text); }

  // Counts a request of `cost` units, or changes nothing. The key stands for the quota too.
  QuotaStanding Spend(const Key& key, const Quota& quota, uint64_t cost, int64_t wall_s);

  // Appends what has changed since it was last given, of up to `max_cells` cells that are looked
  // at, going on where the last call ended. False once all have been looked at; the next call
  // begins anew.
  bool TakeChanged(size_t max_cells, std::vector<QuotaRecord>& records);

  // Takes a count back. The higher of it and what has been counted meanwhile stands; one that is no
  // count, of a window that is over, or of one that is more than a window away, is dropped.
  void Restore(const QuotaRecord& record, int64_t wall_s);

  size_t used() const { return cells_.used(); }
  CellStore::Evictions evictions() const { return cells_.evictions(); }

 private:
  static uint64_t WorthOf(uint64_t payload, uint64_t note, int64_t moment);

  const crypto::KeyedHash hash_;
  CellStore cells_;
  size_t next_changed_ = 0;
};

}  // namespace sluice::limits
