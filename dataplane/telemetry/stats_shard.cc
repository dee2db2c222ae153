// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "dataplane/telemetry/stats.h"

namespace sluice::telemetry {

StatsShard::Group& StatsShard::GroupOf(const Labels& labels) {
  Group& group = groups_[labels.empty() ? Label() : labels.front()];
  group.retired = false;
  return group;
}

Counter& StatsShard::GetCounter(std::string_view name, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  return GroupOf(labels).counters[Key{std::string(name), labels}];
}

Gauge& StatsShard::GetGauge(std::string_view name, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  return GroupOf(labels).gauges[Key{std::string(name), labels}];
}

Histogram& StatsShard::GetHistogram(std::string_view name, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  return GroupOf(labels).histograms[Key{std::string(name), labels}];
}

void StatsShard::Retire(const Label& first_label, int64_t now_ms) {
  absl::MutexLock lock(&mutex_);
  if (const auto it = groups_.find(first_label); it != groups_.end()) {
    it->second.retired = true;
    it->second.retired_at_ms = now_ms;
    retired_.emplace_back(first_label, now_ms);
  }
  while (!retired_.empty() && now_ms - retired_.front().second >= kRetiredMs) {
    const auto& [label, at_ms] = retired_.front();
    // One that came back, and perhaps went again, stands further back in the queue.
    if (const auto it = groups_.find(label);
        it != groups_.end() && it->second.retired && it->second.retired_at_ms == at_ms) {
      groups_.erase(it);
    }
    retired_.pop_front();
  }
}

void Histogram::RecordNs(int64_t ns) {
  const double ms = static_cast<double>(ns) / 1e6;
  const size_t bucket = static_cast<size_t>(
      std::lower_bound(kBoundsMs.begin(), kBoundsMs.end(), ms) - kBoundsMs.begin());
  buckets_[bucket].Add();
  sum_us_.Add(static_cast<uint64_t>(std::max<int64_t>(ns, 0)) / 1000);
}

}  // namespace sluice::telemetry
