// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "dataplane/telemetry/escape.h"
#include "dataplane/telemetry/stats.h"

namespace sluice::telemetry {
namespace {

constexpr std::string_view kPrefix = "sluice_";

struct Sum {
  enum class Type { kCounter, kGauge, kHistogram };
  Type type = Type::kCounter;
  uint64_t counter = 0;
  int64_t gauge = 0;
  std::array<uint64_t, Histogram::kBoundsMs.size() + 1> buckets{};
  uint64_t sum_us = 0;
  bool shown = false;  // A shard uses it.

  void Add(const Counter& metric) { counter += metric.value(); }
  void Add(const Gauge& metric) { gauge += metric.value(); }
  void Add(const Histogram& metric) {
    for (size_t i = 0; i < buckets.size(); ++i) buckets[i] += metric.buckets()[i].value();
    sum_us += metric.sum_us().value();
  }
};

std::string_view TypeName(Sum::Type type) {
  switch (type) {
    case Sum::Type::kCounter:
      return "counter";
    case Sum::Type::kGauge:
      return "gauge";
    case Sum::Type::kHistogram:
      return "histogram";
  }
  return "untyped";
}

// `{cluster="a",le="0.5"}`; nothing where there are no labels.
std::string LabelText(const Labels& labels, std::string_view le = {}) {
  if (labels.empty() && le.empty()) return {};
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text.push_back(',');
    absl::StrAppend(&text, name, "=\"");
    AppendLabelEscaped(value, text);
    text.push_back('"');
  }
  if (!le.empty()) absl::StrAppend(&text, text.size() > 1 ? "," : "", "le=\"", le, "\"");
  text.push_back('}');
  return text;
}

std::string Seconds(double ms) { return absl::StrCat(ms / 1000); }

void AppendHistogram(std::string_view name, const Labels& labels, const Sum& sum,
                     std::string& out) {
  // The count is what the buckets add up to: read apart, the two could disagree.
  uint64_t count = 0;
  for (size_t i = 0; i < sum.buckets.size(); ++i) {
    count += sum.buckets[i];
    const bool last = i == Histogram::kBoundsMs.size();
    absl::StrAppend(&out, kPrefix, name, "_bucket",
                    LabelText(labels, last ? "+Inf" : Seconds(Histogram::kBoundsMs[i])), " ", count,
                    "\n");
  }
  const std::string label_text = LabelText(labels);
  // Exact: a double printed with six digits would stand still once the sum is large.
  absl::StrAppend(&out, kPrefix, name, "_sum", label_text, " ", sum.sum_us / 1'000'000, ".",
                  absl::Dec(sum.sum_us % 1'000'000, absl::kZeroPad6), "\n");
  absl::StrAppend(&out, kPrefix, name, "_count", label_text, " ", count, "\n");
}

void AppendSample(std::string_view name, const Labels& labels, const Sum& sum, std::string& out) {
  switch (sum.type) {
    case Sum::Type::kHistogram:
      return AppendHistogram(name, labels, sum, out);
    case Sum::Type::kCounter:
      absl::StrAppend(&out, kPrefix, name, LabelText(labels), " ", sum.counter, "\n");
      return;
    case Sum::Type::kGauge:
      absl::StrAppend(&out, kPrefix, name, LabelText(labels), " ", sum.gauge, "\n");
      return;
  }
}

}  // namespace

// Ordered: a scrape is compared, and a family's samples must stand together.
struct StatsReader::Sums {
  std::map<std::pair<std::string, Labels>, Sum> by_key;

  template <typename Map>
  void AddAll(const Map& metrics, Sum::Type type, bool retired) {
    for (const auto& [key, metric] : metrics) {
      Sum& sum = by_key[{key.name, key.labels}];
      sum.type = type;
      sum.shown = sum.shown || !retired;
      sum.Add(metric);
    }
  }
};

StatsReader::Sums StatsReader::Gather() const {
  Sums sums;
  for (const StatsShard* shard : shards_) {
    absl::MutexLock lock(&shard->mutex_);
    for (const auto& [label, group] : shard->groups_) {
      sums.AddAll(group.counters, Sum::Type::kCounter, group.retired);
      sums.AddAll(group.gauges, Sum::Type::kGauge, group.retired);
      sums.AddAll(group.histograms, Sum::Type::kHistogram, group.retired);
    }
  }
  return sums;
}

std::string StatsReader::Prometheus() const {
  const Sums sums = Gather();
  std::string out;
  std::string_view family;
  for (const auto& [key, sum] : sums.by_key) {
    const auto& [name, labels] = key;
    if (!sum.shown) continue;
    if (name != family) {
      family = name;
      absl::StrAppend(&out, "# TYPE ", kPrefix, name, " ", TypeName(sum.type), "\n");
    }
    AppendSample(name, labels, sum, out);
  }
  return out;
}

}  // namespace sluice::telemetry
