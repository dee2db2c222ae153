// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/schedule.h"

#include <algorithm>
#include <numeric>

#include "absl/log/check.h"

namespace sluice::upstream {

namespace {

// Deadlines are doubles that grow for ever: beyond this they are taken back, long before a period
// would drown in their rounding.
constexpr double kRebaseAt = 1 << 20;

bool AllEqual(absl::Span<const uint32_t> weights) {
  return std::all_of(weights.begin(), weights.end(), [&](uint32_t w) { return w == weights[0]; });
}

}  // namespace

Schedule::Schedule(absl::Span<const uint32_t> weights, Dice& dice)
    : count_(static_cast<uint32_t>(weights.size())) {
  CHECK(!weights.empty());
  next_ = dice.Below(count_);
  if (AllEqual(weights)) return;
  const double heaviest = *std::max_element(weights.begin(), weights.end());
  heap_.reserve(weights.size());
  for (uint32_t i = 0; i < count_; ++i) {
    const double period = heaviest / weights[i];
    heap_.push_back({.deadline = period * dice.Unit(), .period = period, .index = i});
  }
  std::make_heap(heap_.begin(), heap_.end(), Later);
}

uint32_t Schedule::Next() {
  if (heap_.empty()) {
    const uint32_t chosen = next_;
    next_ = chosen + 1 == count_ ? 0 : chosen + 1;
    return chosen;
  }
  const uint32_t chosen = heap_.front().index;
  if (heap_.front().deadline > kRebaseAt) {
    const double base = heap_.front().deadline;
    for (Entry& entry : heap_) entry.deadline -= base;
  }
  heap_.front().deadline += heap_.front().period;
  SinkFirst();
  return chosen;
}

void Schedule::SinkFirst() {
  size_t at = 0;
  const Entry moved = heap_[0];
  while (true) {
    size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && Later(heap_[child], heap_[child + 1])) ++child;
    if (!Later(moved, heap_[child])) break;
    heap_[at] = heap_[child];
    at = child;
  }
  heap_[at] = moved;
}

AliasTable::AliasTable(absl::Span<const uint32_t> weights)
    : count_(static_cast<uint32_t>(weights.size())) {
  CHECK(!weights.empty());
  if (AllEqual(weights)) return;
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  slots_.resize(count_);
  std::vector<double> share(count_);
  std::vector<uint32_t> small, large;
  for (uint32_t i = 0; i < count_; ++i) {
    share[i] = weights[i] * static_cast<double>(count_) / sum;
    (share[i] < 1 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t s = small.back();
    const uint32_t l = large.back();
    small.pop_back();
    slots_[s] = {.keep = share[s], .other = l};
    share[l] -= 1 - share[s];
    if (share[l] < 1) {
      large.pop_back();
      small.push_back(l);
    }
  }
}

}  // namespace sluice::upstream
