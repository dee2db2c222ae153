// SPDX-License-Identifier: Apache-2.0
#include "dataplane/limits/limit_table.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/log/check.h"

namespace sluice::limits {
namespace {

// A cell's note: how far ahead of now its time may be for one more unit to be admitted.
uint64_t NoteOf(const Gcra& limit) {
  return static_cast<uint64_t>(limit.capacity_ns() - limit.interval_ns());
}

int64_t TatOf(const std::optional<CellStore::Sight>& sight) {
  return sight.has_value() ? static_cast<int64_t>(sight->payload()) : 0;
}

}  // namespace

LimitTable::LimitTable(int64_t now_ns, size_t max_keys)
    : start_ns_(now_ns), hash_(crypto::KeyedHash::RandomKey()), cells_(max_keys, &WorthOf) {}

uint64_t LimitTable::WorthOf(uint64_t payload, uint64_t note, int64_t moment) {
  const auto now = static_cast<uint64_t>(moment);
  if (payload <= now) return 0;
  const uint64_t ahead = payload - now;
  return ahead <= note ? ahead : CellStore::kBlocked + (ahead - note);
}

int64_t LimitTable::Time(int64_t now_ns) const {
  return std::clamp<int64_t>(now_ns - start_ns_, 0, Gcra::kMaxTimeNs);
}

Standing LimitTable::Look(const Charge& charge, uint64_t cost, int64_t time) const {
  return charge.limit->Judge(TatOf(cells_.Find(charge.key)), time, cost);
}

Standing LimitTable::Spend(const Charge& charge, uint64_t cost, int64_t time, Spent& spent) {
  const Gcra& limit = *charge.limit;
  std::optional<CellStore::Sight> sight = cells_.Find(charge.key);
  // Each further turn is due to another worker that has come further meanwhile.
  while (true) {
    const int64_t before = TatOf(sight);
    const Standing standing = limit.Judge(before, time, cost);
    if (!standing.admitted) return standing;
    const auto after = static_cast<uint64_t>(limit.After(before, time, cost));
    if (sight.has_value()) {
      if (CellStore::TryReplace(*sight, after)) {
        spent = {*sight, static_cast<uint64_t>(before)};
        return standing;
      }
      sight = cells_.Find(charge.key);
    } else {
      bool made = false;
      sight = cells_.FindOrMake(charge.key, after, NoteOf(limit), time, made);
      if (made) {
        spent = {*sight, 0};
        return standing;
      }
    }
  }
}

bool LimitTable::Admit(absl::Span<const Charge> charges, uint64_t cost, int64_t now_ns,
                       absl::Span<Standing> standings) {
  CHECK_LE(charges.size(), kMaxCharges);
  CHECK_EQ(charges.size(), standings.size());
  const int64_t time = Time(now_ns);
  if (charges.size() > 1) {
    bool all = true;
    for (size_t i = 0; i < charges.size(); ++i) {
      standings[i] = Look(charges[i], cost, time);
      all &= standings[i].admitted;
    }
    if (!all) {
      LookAgain(charges, time, standings);
      return false;
    }
  }
  std::array<Spent, kMaxCharges> spent;
  for (size_t i = 0; i < charges.size(); ++i) {
    standings[i] = Spend(charges[i], cost, time, spent[i]);
    if (standings[i].admitted) continue;
    // Given back only if nobody has come since: then it is as it was before, to the nanosecond.
    for (size_t j = 0; j < i; ++j) (void)CellStore::TryReplace(spent[j].sight, spent[j].before);
    LookAgain(charges, time, standings);
    return false;
  }
  return true;
}

void LimitTable::LookAgain(absl::Span<const Charge> charges, int64_t time,
                           absl::Span<Standing> standings) const {
  for (size_t i = 0; i < charges.size(); ++i) {
    if (!standings[i].admitted) continue;
    standings[i] = Look(charges[i], 0, time);
    standings[i].admitted = true;
  }
}

}  // namespace sluice::limits
