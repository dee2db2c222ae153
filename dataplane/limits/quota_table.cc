// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/quota_table.h"

#include <algorithm>

namespace sluice::limits {
namespace {

// A cell's payload: whether it has changed since it was given out, the window, the count.
constexpr int kCountBits = 40;
constexpr int kWindowBits = 19;
constexpr uint64_t kWindowMask = (uint64_t{1} << kWindowBits) - 1;
constexpr uint64_t kChangedBit = uint64_t{1} << (kCountBits + kWindowBits);
static_assert(QuotaTable::kMaxUnits == (uint64_t{1} << kCountBits) - 1);
// All bits set would be mistaken for a busy cell: the last window number is not used.
constexpr uint32_t kLastWindow = kWindowMask - 1;

struct Count {
  bool changed = false;
  uint32_t window = 0;
  uint64_t used = 0;
};

uint64_t Pack(const Count& count) {
  return (count.changed ? kChangedBit : 0) | uint64_t{count.window} << kCountBits | count.used;
}

Count Unpack(uint64_t payload) {
  return {.changed = (payload & kChangedBit) != 0,
          .window = static_cast<uint32_t>(payload >> kCountBits & kWindowMask),
          .used = payload & QuotaTable::kMaxUnits};
}

// A cell's note: its quota.
uint64_t NoteOf(const Quota& quota) {
  return quota.units << 1 | (quota.window == CalendarWindow::kMonth ? 1 : 0);
}

Quota QuotaOf(uint64_t note) {
  return {.units = note >> 1,
          .window = (note & 1) != 0 ? CalendarWindow::kMonth : CalendarWindow::kDay};
}

uint32_t WindowAt(CalendarWindow window, int64_t wall_s) {
  return std::min(WindowNumber(window, wall_s), kLastWindow);
}

}  // namespace

QuotaTable::QuotaTable(size_t max_keys, const crypto::KeyedHash::Key& hash_key)
    : hash_(hash_key), cells_(max_keys, &WorthOf) {}

uint64_t QuotaTable::WorthOf(uint64_t payload, uint64_t note, int64_t moment) {
  const Quota quota = QuotaOf(note);
  const Count count = Unpack(payload);
  if (count.window < WindowAt(quota.window, moment)) return 0;
  // A count that has not been given out yet would be lost altogether: it is worth one more.
  if (count.used < quota.units) return 1 + count.used + (count.changed ? 1 : 0);
  return CellStore::kBlocked + static_cast<uint64_t>(std::max<int64_t>(
                                   WindowEnd(quota.window, count.window) - moment, 0));
}

QuotaStanding QuotaTable::Spend(const Key& key, const Quota& quota, uint64_t cost, int64_t wall_s) {
  std::optional<CellStore::Sight> sight = cells_.Find(key);
  // Each further turn is due to another worker that has come further meanwhile.
  while (true) {
    Count count{.changed = true, .window = WindowAt(quota.window, wall_s)};
    if (sight.has_value()) {
      const Count found = Unpack(sight->payload());
      if (found.window >= count.window) count = {true, found.window, found.used};
    }
    QuotaStanding standing;
    standing.reset_s = std::max<int64_t>(WindowEnd(quota.window, count.window) - wall_s, 1);
    const uint64_t left = quota.units > count.used ? quota.units - count.used : 0;
    standing.admitted = cost <= left;
    standing.remaining = standing.admitted ? left - cost : left;
    if (!standing.admitted) return standing;
    count.used += cost;
    if (sight.has_value()) {
      if (CellStore::TryReplace(*sight, Pack(count))) return standing;
      sight = cells_.Find(key);
    } else {
      bool made = false;
      sight = cells_.FindOrMake(key, Pack(count), NoteOf(quota), wall_s, made);
      if (made) return standing;
    }
  }
}

bool QuotaTable::TakeChanged(size_t max_cells, std::vector<QuotaRecord>& records) {
  const size_t end = std::min(next_changed_ + max_cells, cells_.max_cells());
  for (; next_changed_ < end; ++next_changed_) {
    // Again where it changes between look and mark; somebody else has then come further.
    while (std::optional<CellStore::Entry> entry = cells_.At(next_changed_)) {
      Count count = Unpack(entry->sight.payload());
      if (!count.changed) break;
      count.changed = false;
      if (!CellStore::TryReplace(entry->sight, Pack(count))) continue;
      records.push_back({.key = entry->key,
                         .quota = QuotaOf(entry->note),
                         .window_number = count.window,
                         .used = count.used});
      break;
    }
  }
  if (next_changed_ < cells_.max_cells()) return true;
  next_changed_ = 0;
  return false;
}

void QuotaTable::Restore(const QuotaRecord& record, int64_t wall_s) {
  const Quota& quota = record.quota;
  if (quota.units < 1 || quota.units > kMaxUnits || record.used > kMaxUnits) return;
  const uint32_t now = WindowAt(quota.window, wall_s);
  if (record.window_number < now || record.window_number > std::min(now + 1, kLastWindow)) return;
  const Count restored{.changed = false, .window = record.window_number, .used = record.used};
  std::optional<CellStore::Sight> sight = cells_.Find(record.key);
  while (true) {
    if (!sight.has_value()) {
      bool made = false;
      sight = cells_.FindOrMake(record.key, Pack(restored), NoteOf(quota), wall_s, made);
      if (made) return;
    }
    const Count found = Unpack(sight->payload());
    const bool stands = found.window > restored.window ||
                        (found.window == restored.window && found.used >= restored.used);
    if (stands || CellStore::TryReplace(*sight, Pack(restored))) return;
    sight = cells_.Find(record.key);
  }
}

}  // namespace sluice::limits
