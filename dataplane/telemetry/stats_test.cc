// SPDX-License-Identifier: Apache-2.0
#include "dataplane/telemetry/stats.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace sluice::telemetry {
namespace {

// A strict reader of Prometheus' text format 0.0.4, for what we write of it: families with a TYPE
// line before their samples, each sample once, names and labels by the grammar, labels escaped.
class Exposition {
 public:
  explicit Exposition(const std::string& text) {
    if (!text.empty() && text.back() != '\n') Fail("the last line has no end", text);
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) line.starts_with("# TYPE ") ? Type(line) : Sample(line);
  }

  const std::string& error() const { return error_; }
  // By the sample as written up to its value.
  const std::map<std::string, double>& samples() const { return samples_; }
  const std::map<std::string, std::string>& types() const { return types_; }
  const std::vector<std::string>& label_values() const { return label_values_; }

 private:
  void Fail(std::string_view why, const std::string& line) {
    if (error_.empty()) error_ = std::string(why) + ": " + line;
  }

  static bool IsName(std::string_view name, bool colon) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    for (const char c : name) {
      if (!isalnum(static_cast<unsigned char>(c)) && c != '_' && !(colon && c == ':')) return false;
    }
    return true;
  }

  void Type(const std::string& line) {
    std::istringstream words(line.substr(7));
    words >> family_ >> type_;
    if (!IsName(family_, true)) Fail("bad family name", line);
    if (type_ != "counter" && type_ != "gauge" && type_ != "histogram") Fail("bad type", line);
    if (type_ == "counter" && !family_.ends_with("_total")) Fail("counter without _total", line);
    if (!types_.emplace(family_, type_).second) Fail("family comes twice", line);
  }

  bool OfFamily(const std::string& name) const {
    if (type_ != "histogram") return name == family_;
    return name == family_ + "_bucket" || name == family_ + "_sum" || name == family_ + "_count";
  }

  void Sample(const std::string& line) {
    const size_t name_end = line.find_first_of("{ ");
    if (name_end == std::string::npos) return Fail("no value", line);
    const std::string name = line.substr(0, name_end);
    if (!IsName(name, true)) Fail("bad name", line);
    if (!OfFamily(name)) Fail("sample outside its family", line);
    size_t at = name_end;
    if (line[at] == '{' && !ParseLabels(line, at)) return Fail("bad labels", line);
    if (at >= line.size() || line[at] != ' ') return Fail("no space before the value", line);
    char* end = nullptr;
    const double value = strtod(line.c_str() + at + 1, &end);
    if (end == line.c_str() + at + 1 || *end != '\0') Fail("bad value", line);
    if (!samples_.emplace(line.substr(0, at), value).second) Fail("sample comes twice", line);
  }

  bool ParseLabels(const std::string& line, size_t& at) {
    std::set<std::string> names;
    do {
      const size_t equals = line.find('=', ++at);
      if (equals == std::string::npos) return false;
      const std::string name = line.substr(at, equals - at);
      if (!IsName(name, false) || !names.insert(name).second) return false;
      at = equals + 1;
      if (at >= line.size() || line[at++] != '"' || !ParseLabelValue(line, at)) return false;
    } while (at < line.size() && line[at] == ',');
    return at < line.size() && line[at++] == '}';
  }

  bool ParseLabelValue(const std::string& line, size_t& at) {
    std::string value;
    for (; at < line.size() && line[at] != '"'; ++at) {
      char c = line[at];
      if (c == '\\') {
        if (++at >= line.size()) return false;
        c = line[at];
        if (c == 'n') {
          c = '\n';
        } else if (c != '\\' && c != '"') {
          return false;
        }
      }
      value.push_back(c);
    }
    if (at >= line.size()) return false;
    ++at;
    label_values_.push_back(value);
    return true;
  }

  std::string error_;
  std::string family_;
  std::string type_;
  std::map<std::string, std::string> types_;
  std::map<std::string, double> samples_;
  std::vector<std::string> label_values_;
};

TEST(StatsTest, ShardsAreSummed) {
  StatsShard a;
  StatsShard b;
  a.GetCounter("requests_total", {{"cluster", "x"}}).Add(2);
  b.GetCounter("requests_total", {{"cluster", "x"}}).Add(3);
  b.GetCounter("requests_total", {{"cluster", "y"}}).Add();
  a.GetGauge("active", {}).Add(5);
  b.GetGauge("active", {}).Add(-7);
  const Exposition read(StatsReader({&a, &b}).Prometheus());
  EXPECT_EQ(read.error(), "");
  const std::map<std::string, double> expected = {
      {"sluice_active", -2},
      {"sluice_requests_total{cluster=\"x\"}", 5},
      {"sluice_requests_total{cluster=\"y\"}", 1},
  };
  EXPECT_EQ(read.samples(), expected);
  EXPECT_EQ(read.types().at("sluice_active"), "gauge");
}

TEST(StatsTest, ALookUpFindsTheSameMetric) {
  StatsShard shard;
  Counter& first = shard.GetCounter("a_total", {{"k", "v"}});
  EXPECT_EQ(&first, &shard.GetCounter("a_total", {{"k", "v"}}));
  EXPECT_NE(&first, &shard.GetCounter("a_total", {{"k", "w"}}));
}

TEST(StatsTest, AHistogramCountsInSecondsAndCumulates) {
  StatsShard shard;
  Histogram& histogram = shard.GetHistogram("duration_seconds", {{"listener", "l"}});
  histogram.RecordNs(500'000);            // On the first bound: 0.5 ms.
  histogram.RecordNs(600'000);            // In the second.
  histogram.RecordNs(2'000'000'000'000);  // Above all.
  histogram.RecordNs(-5);                 // A clock that went back counts as nothing.
  const Exposition read(StatsReader({&shard}).Prometheus());
  EXPECT_EQ(read.error(), "");
  const std::string bucket = "sluice_duration_seconds_bucket{listener=\"l\",le=\"";
  EXPECT_EQ(read.samples().at(bucket + "0.0005\"}"), 2);
  EXPECT_EQ(read.samples().at(bucket + "0.001\"}"), 3);
  EXPECT_EQ(read.samples().at(bucket + "1800\"}"), 3);
  EXPECT_EQ(read.samples().at(bucket + "+Inf\"}"), 4);
  EXPECT_EQ(read.samples().at("sluice_duration_seconds_count{listener=\"l\"}"), 4);
  EXPECT_NEAR(read.samples().at("sluice_duration_seconds_sum{listener=\"l\"}"), 2000.0011, 1e-9);
  EXPECT_EQ(read.samples().size(), Histogram::kBoundsMs.size() + 3);
}

TEST(StatsTest, LargeSumsAreNotRounded) {
  StatsShard shard;
  Histogram& histogram = shard.GetHistogram("duration_seconds", {});
  for (int i = 0; i < 3; ++i) histogram.RecordNs(1'234'567'891'000'000);
  const Exposition read(StatsReader({&shard}).Prometheus());
  EXPECT_NEAR(read.samples().at("sluice_duration_seconds_sum"), 3703703.673, 1e-6);
}

TEST(StatsTest, LabelValuesMayHoldAnything) {
  StatsShard shard;
  shard.GetCounter("a_total", {{"k", "quote\" back\\slash\nnewline \xC3\xA4 \xff"}, {"l", ""}})
      .Add();
  const Exposition read(StatsReader({&shard}).Prometheus());
  EXPECT_EQ(read.error(), "");
  const std::vector<std::string> expected = {"quote\" back\\slash\nnewline \xC3\xA4 \xEF\xBF\xBD",
                                             ""};
  EXPECT_EQ(read.label_values(), expected);
}

TEST(StatsTest, TheOrderIsStable) {
  StatsShard a;
  StatsShard b;
  for (int i = 0; i < 50; ++i) a.GetCounter("c_total", {{"k", std::to_string(i)}}).Add(1);
  for (int i = 49; i >= 0; --i) b.GetCounter("c_total", {{"k", std::to_string(i)}}).Add(1);
  EXPECT_EQ(StatsReader({&a}).Prometheus(), StatsReader({&b}).Prometheus());
}

class RetiredTest : public ::testing::Test {
 protected:
  static Counter& CounterOf(StatsShard& shard, const std::string& cluster) {
    return shard.GetCounter("a_total", {{"cluster", cluster}, {"code_class", "2xx"}});
  }
  // Nothing shown: -1.
  double Shown(const std::string& cluster) {
    const Exposition read(StatsReader({&a_, &b_}).Prometheus());
    EXPECT_EQ(read.error(), "");
    const auto it =
        read.samples().find("sluice_a_total{cluster=\"" + cluster + "\",code_class=\"2xx\"}");
    return it == read.samples().end() ? -1 : it->second;
  }

  StatsShard a_, b_;
};

TEST_F(RetiredTest, AllOfAClusterIsHiddenAndNothingElse) {
  CounterOf(a_, "x").Add(4);
  CounterOf(a_, "y").Add(1);
  a_.GetHistogram("d_seconds", {{"cluster", "x"}}).RecordNs(1);
  a_.GetGauge("g", {{"cluster", "x"}}).Add(1);
  a_.Retire({"cluster", "x"}, 0);
  const Exposition read(StatsReader({&a_}).Prometheus());
  EXPECT_EQ(read.error(), "");
  EXPECT_EQ(read.samples().size(), 1u);
  EXPECT_EQ(Shown("y"), 1);
}

// One worker is done with it before the other: a sum that fell would read as a restart.
TEST_F(RetiredTest, ItIsShownWholeUntilEveryShardHasRetiredIt) {
  CounterOf(a_, "x").Add(4);
  CounterOf(b_, "x").Add(3);
  a_.Retire({"cluster", "x"}, 0);
  EXPECT_EQ(Shown("x"), 7);
  b_.Retire({"cluster", "x"}, 0);
  EXPECT_EQ(Shown("x"), -1);
}

TEST_F(RetiredTest, WhatComesBackSoonGoesOn) {
  CounterOf(a_, "x").Add(4);
  a_.Retire({"cluster", "x"}, 0);
  CounterOf(a_, "x").Add();
  EXPECT_EQ(Shown("x"), 5);
  // That it once was retired does not matter later.
  a_.Retire({"cluster", "other"}, StatsShard::kRetiredMs);
  EXPECT_EQ(Shown("x"), 5);
}

TEST_F(RetiredTest, WhatComesBackLateBeginsAtZero) {
  CounterOf(a_, "x").Add(4);
  CounterOf(a_, "y").Add(4);
  a_.Retire({"cluster", "x"}, 0);
  a_.Retire({"cluster", "y"}, StatsShard::kRetiredMs);
  CounterOf(a_, "x");
  CounterOf(a_, "y");
  EXPECT_EQ(Shown("x"), 0);
  EXPECT_EQ(Shown("y"), 4);
}

TEST_F(RetiredTest, TheTimeCountsFromTheLastLeave) {
  CounterOf(a_, "x").Add(4);
  a_.Retire({"cluster", "x"}, 0);
  CounterOf(a_, "x");
  a_.Retire({"cluster", "x"}, 1000);
  a_.Retire({"cluster", "other"}, StatsShard::kRetiredMs);
  CounterOf(a_, "x");
  EXPECT_EQ(Shown("x"), 4);
}

TEST(StatsTest, NothingIsAnEmptyPage) { EXPECT_EQ(StatsReader({}).Prometheus(), ""); }

}  // namespace
}  // namespace sluice::telemetry
