// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::manifest {

// Takes one value, piece by piece: value = Bare | Text | StartMap {Key value} End | StartList
// {value} End. `empty` says beforehand that nothing comes before End.
class ValueSink {
 public:
  virtual ~ValueSink() = default;

  virtual void Bare(std::string_view text) = 0;  // a number or boolean
  virtual void Text(std::string_view text) = 0;
  virtual void StartMap(bool empty) = 0;
  virtual void StartList(bool empty) = 0;
  virtual void Key(std::string_view key) = 0;
  virtual void End() = 0;
};

// JSON without spaces.
class JsonSink : public ValueSink {
 public:
  void Bare(std::string_view text) override;
  void Text(std::string_view text) override;
  void StartMap(bool empty) override;
  void StartList(bool empty) override;
  void Key(std::string_view key) override;
  void End() override;

  std::string Take() { return std::move(out_); }

 private:
  void Separate();

  std::string out_;
  std::string closers_;  // "}" and "]" of what is open
  bool needs_comma_ = false;
};

// Block-style YAML that reads the same under YAML 1.1 and 1.2: what either might take for another
// type is quoted. Text of several lines is a literal block where that keeps every byte.
class YamlSink : public ValueSink {
 public:
  void Bare(std::string_view text) override;
  void Text(std::string_view text) override;
  void StartMap(bool empty) override { Start(false, empty, "{}"); }
  void StartList(bool empty) override { Start(true, empty, "[]"); }
  void Key(std::string_view key) override;
  void End() override;

  std::string Take() { return std::move(out_); }

 private:
  enum class At { kTop, kBehindKey, kBehindDash };
  struct Level {
    bool is_list;
    bool empty;
    size_t indent;
    bool starts_inline;  // its first line continues the line of a dash
  };

  void Start(bool is_list, bool empty, std::string_view flow);
  void StartItem();
  void EndLine() { out_ += '\n'; }
  void Literal(std::string_view text);

  std::string out_;
  std::vector<Level> levels_;
  At at_ = At::kTop;
};

}  // namespace sluice::manifest
