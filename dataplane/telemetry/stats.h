// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/node_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace sluice::telemetry {

// A number that one worker writes and anybody reads. Adding is a plain add: no locked instruction,
// since nobody else writes.
class Counter {
 public:
  void Add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// As Counter, but goes down too.
class Gauge {
 public:
  void Add(int64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Counts of durations in fixed buckets, in milliseconds.
class Histogram {
 public:
  static constexpr std::array<double, 19> kBoundsMs = {
      0.5,  1,    2.5,  5,     10,    25,    50,     100,    250,    500,
      1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000};
  void RecordNs(int64_t ns);
  // Counts per bucket (not cumulative); the last is above every bound.
  const std::array<Counter, kBoundsMs.size() + 1>& buckets() const { return buckets_; }
  const Counter& sum_us() const { return sum_us_; }

 private:
  std::array<Counter, kBoundsMs.size() + 1> buckets_;
  Counter sum_us_;
};

using Label = std::pair<std::string, std::string>;
using Labels = std::vector<Label>;

// StatsShard holds the metrics that one thread writes. Owners look theirs up once, when
// configuration is applied, and keep the reference.
//
// Metrics whose first label is the same (those of one cluster) come and go together. A retired
// group is not shown once every shard that has it has retired it: until then it is summed, so that
// no counter falls while one worker still drains what another has let go of. If it is looked up
// again it goes on from where it stood, for kRetiredMs at least; the first Retire after that gives
// its room back, and then it begins at zero.
//
// Thread:   look-ups and Retire from the owning thread; reading (Prometheus) from any.
// Lifetime: a metric lives until the shard does, or until its group is retired; nobody may hold a
//           reference to one of a retired group.
// Limits:   as many as configuration makes; nothing a client sends makes one.
class StatsShard {
 public:
  // Long enough that every scraper has seen the last values of what went.
  static constexpr int64_t kRetiredMs = 300'000;

  Counter& GetCounter(std::string_view name, const Labels& labels);
  Gauge& GetGauge(std::string_view name, const Labels& labels);
  Histogram& GetHistogram(std::string_view name, const Labels& labels);

  // Nobody uses the metrics whose first label this is any more.
  void Retire(const Label& first_label, int64_t now_ms);

 private:
  friend class StatsReader;
  struct Key {
    std::string name;
    Labels labels;
    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.name, key.labels);
    }
  };
  struct Group {
    bool retired = false;
    int64_t retired_at_ms = 0;
    absl::node_hash_map<Key, Counter> counters;
    absl::node_hash_map<Key, Gauge> gauges;
    absl::node_hash_map<Key, Histogram> histograms;
  };
  // Looking a metric up brings its group back if it was retired.
  Group& GroupOf(const Labels& labels) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  absl::node_hash_map<Label, Group> groups_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::pair<Label, int64_t>> retired_ ABSL_GUARDED_BY(mutex_);  // Oldest first.
};

// Sums shards and prints them in Prometheus' text format 0.0.4, metrics and labels in a stable
// order, names prefixed "sluice_", values escaped.
class StatsReader {
 public:
  // `shards` outlive the reader.
  explicit StatsReader(std::vector<const StatsShard*> shards) : shards_(std::move(shards)) {}
  std::string Prometheus() const;

 private:
  struct Sums;
  Sums Gather() const;

  std::vector<const StatsShard*> shards_;
};

}  // namespace sluice::telemetry
