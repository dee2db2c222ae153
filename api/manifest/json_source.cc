// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/document_source.h"

namespace sluice::manifest {
namespace {

// An iterator over the text that tells where the parser's copy of it stands.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** seen) : at_(at), seen_(seen) {}

  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *seen_ = ++at_;
    return *this;
  }
  Cursor operator++(int) {
    Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** seen_;
};

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing
// value - ...; last read: '...'; expected ...": the line is within one value only, and what was
// read may be long or secret, so both are cut.
std::string Essence(std::string_view what) {
  if (const size_t colon = what.find(": "); colon != std::string_view::npos) {
    what.remove_prefix(colon + 2);
  }
  const size_t read = what.find("; last read:");
  if (read == std::string_view::npos) return std::string(what);
  const size_t expected = what.rfind("; expected");
  return absl::StrCat(what.substr(0, read), expected == std::string_view::npos || expected < read
                                                ? std::string_view()
                                                : what.substr(expected));
}

// Puts the events of one value into a tree.
class TreeFeeder : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeFeeder(NodeTree& tree, const char* text, const char** seen, int first_line)
      : tree_(tree), counted_(text), seen_(seen), line_(first_line) {}

  bool null() override { return tree_.Scalar(NodeType::kNull, "", Line()); }
  bool boolean(bool value) override {
    return tree_.Scalar(NodeType::kBool, value ? "true" : "false", Line());
  }
  bool number_integer(number_integer_t value) override {
    return tree_.Scalar(NodeType::kInt, absl::StrCat(value), LineBefore());
  }
  bool number_unsigned(number_unsigned_t value) override {
    return tree_.Scalar(NodeType::kInt, absl::StrCat(value), LineBefore());
  }
  bool number_float(number_float_t, const string_t& text) override {
    return tree_.Scalar(NodeType::kFloat, text, LineBefore());
  }
  bool string(string_t& value) override { return tree_.Scalar(NodeType::kString, value, Line()); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return tree_.StartMap(Line()); }
  bool key(string_t& value) override {
    tree_.Key(value, Line());
    return true;
  }
  bool end_object() override { return End(); }
  bool start_array(size_t) override { return tree_.StartList(Line()); }
  bool end_array() override { return End(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    error_ = absl::StrCat("is not JSON: ", Essence(error.what()), ".");
    return false;
  }

  const std::string& error() const { return error_.empty() ? tree_.error() : error_; }
  int Line() { return CountTo(*seen_); }

 private:
  // The end of a number shows only at the byte behind it, which may be a line feed.
  int LineBefore() { return CountTo(*seen_ - 1); }

  int CountTo(const char* end) {
    for (; counted_ < end; ++counted_) line_ += *counted_ == '\n' ? 1 : 0;
    return line_;
  }

  bool End() {
    tree_.End();
    return true;
  }

  NodeTree& tree_;
  const char* counted_;
  const char** seen_;
  int line_;
  std::string error_;
};

}  // namespace

void ReadJson(std::string_view text, int first_line, const ReadLimits& limits,
              const DocumentHandler& handler) {
  const char* at = text.data();
  const char* const end = at + text.size();
  int line = first_line;
  for (;;) {
    for (; at != end && absl::ascii_isspace(*at); ++at) line += *at == '\n' ? 1 : 0;
    if (at == end) return;
    const char* seen = at;
    NodeTree tree(limits);
    TreeFeeder feeder(tree, at, &seen, line);
    const bool parsed = nlohmann::json::sax_parse(Cursor(at, &seen), Cursor(end, &seen), &feeder,
                                                  nlohmann::json::input_format_t::json,
                                                  /*strict=*/false);
    if (!parsed) {
      handler.on_error(feeder.Line(), feeder.error());
      return;
    }
    if (tree.root() != nullptr && !handler.on_document(*tree.root())) return;
    line = feeder.Line();
    at = seen;
  }
}

}  // namespace sluice::manifest
