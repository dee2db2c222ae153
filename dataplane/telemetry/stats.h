// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
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

using Labels = std::vector<std::pair<std::string, std::string>>;

// StatsShard holds the metrics that one thread writes. Owners look theirs up once, when
// configuration is applied, and keep the reference.
//
// Thread:   look-ups from the owning thread; reading (Prometheus) from any.
// Lifetime: a metric lives until the shard does, so that references never dangle; Retire hides a
//           set of them (a removed cluster) from readers.
// Limits:   as many as configuration makes; nothing a client sends makes one.
class StatsShard {
 public:
  Counter& GetCounter(std::string_view name, const Labels& labels);
  Gauge& GetGauge(std::string_view name, const Labels& labels);
  Histogram& GetHistogram(std::string_view name, const Labels& labels);

  // Hides every metric that carries this label from readers, until one of them is looked up again.
  void Retire(const std::pair<std::string, std::string>& label);

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
  template <typename T>
  struct Entry {
    T metric;
    bool retired = false;
  };
  mutable absl::Mutex mutex_;
  absl::node_hash_map<Key, Entry<Counter>> counters_ ABSL_GUARDED_BY(mutex_);
  absl::node_hash_map<Key, Entry<Gauge>> gauges_ ABSL_GUARDED_BY(mutex_);
  absl::node_hash_map<Key, Entry<Histogram>> histograms_ ABSL_GUARDED_BY(mutex_);
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
