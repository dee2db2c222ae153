// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/verified_tokens.h"

#include <algorithm>
#include <utility>

namespace sluice::jose {

VerifiedTokens::VerifiedTokens(size_t max_tokens, size_t max_bytes)
    : max_tokens_(max_tokens), max_bytes_(max_bytes) {}

VerifiedTokens::Hit VerifiedTokens::Find(const TokenHash& hash, absl::Span<const KeyId> live_keys,
                                         const TimeRules& rules, absl::Time now) {
  const auto at = index_.find(hash);
  if (at == index_.end()) return {};
  Entry& entry = slots_[at->second];
  if (std::find(live_keys.begin(), live_keys.end(), entry.key) == live_keys.end()) {
    Forget(at->second);
    return {};
  }
  entry.was_hit = true;
  Hit hit{.claims = entry.claims, .outcome = CheckTimes(entry.times, rules, now)};
  if (hit.outcome == TokenOutcome::kExpired) Forget(at->second);
  return hit;
}

void VerifiedTokens::Insert(const TokenHash& hash, const KeyId& key, const TokenTimes& times,
                            std::shared_ptr<const http::Claims> claims) {
  if (const auto known = index_.find(hash); known != index_.end()) Forget(known->second);
  const size_t bytes = BytesOf(*claims);
  if (max_tokens_ == 0 || bytes > max_bytes_) return;
  while (!HasRoomFor(bytes)) EvictOne();
  const uint32_t slot = TakeSlot();
  slots_[slot] = {.hash = hash, .key = key, .times = times, .claims = std::move(claims)};
  index_.emplace(hash, slot);
  bytes_ += bytes;
}

bool VerifiedTokens::HasRoomFor(size_t bytes) const {
  return index_.size() < max_tokens_ && bytes_ + bytes <= max_bytes_;
}

// Only called while something is kept. Ends in its second round at the latest, as the first clears
// all marks.
void VerifiedTokens::EvictOne() {
  for (;;) {
    hand_ = hand_ + 1 < slots_.size() ? hand_ + 1 : 0;
    Entry& entry = slots_[hand_];
    if (entry.claims == nullptr) continue;
    if (!std::exchange(entry.was_hit, false)) {
      Forget(static_cast<uint32_t>(hand_));
      return;
    }
  }
}

void VerifiedTokens::Forget(uint32_t slot) {
  Entry& entry = slots_[slot];
  bytes_ -= BytesOf(*entry.claims);
  index_.erase(entry.hash);
  entry.claims.reset();
  free_slots_.push_back(slot);
}

uint32_t VerifiedTokens::TakeSlot() {
  if (free_slots_.empty()) {
    slots_.emplace_back();
    return static_cast<uint32_t>(slots_.size() - 1);
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

}  // namespace sluice::jose
