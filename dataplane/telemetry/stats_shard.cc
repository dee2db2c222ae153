// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "dataplane/telemetry/stats.h"

namespace sluice::telemetry {

namespace {

// Looking a metric up brings it back if it was retired.
template <typename Map, typename Key>
auto& Revive(Map& map, Key key) {
  auto& entry = map[std::move(key)];
  entry.retired = false;
  return entry.metric;
}

template <typename Map>
void RetireIn(Map& map, const std::pair<std::string, std::string>& label) {
  for (auto& [key, entry] : map) {
    const Labels& labels = key.labels;
    if (std::find(labels.begin(), labels.end(), label) != labels.end()) entry.retired = true;
  }
}

}  // namespace

Counter& StatsShard::GetCounter(std::string_view name, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  return Revive(counters_, Key{std::string(name), labels});
}

Gauge& StatsShard::GetGauge(std::string_view name, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  return Revive(gauges_, Key{std::string(name), labels});
}

Histogram& StatsShard::GetHistogram(std::string_view name, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  return Revive(histograms_, Key{std::string(name), labels});
}

void StatsShard::Retire(const std::pair<std::string, std::string>& label) {
  absl::MutexLock lock(&mutex_);
  RetireIn(counters_, label);
  RetireIn(gauges_, label);
  RetireIn(histograms_, label);
}

void Histogram::RecordNs(int64_t ns) {
  const double ms = static_cast<double>(ns) / 1e6;
  const size_t bucket = static_cast<size_t>(
      std::lower_bound(kBoundsMs.begin(), kBoundsMs.end(), ms) - kBoundsMs.begin());
  buckets_[bucket].Add();
  sum_us_.Add(static_cast<uint64_t>(std::max<int64_t>(ns, 0)) / 1000);
}

}  // namespace sluice::telemetry
