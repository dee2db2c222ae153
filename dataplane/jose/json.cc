// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::jose {
namespace {

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing
// value
// - ...; last read: '...'; expected ...": what was read may be a secret, so the message ends there.
std::string Essence(std::string_view what) {
  if (const size_t bracket = what.find("] "); bracket != std::string_view::npos) {
    what.remove_prefix(bracket + 2);
  }
  return std::string(what.substr(0, what.find("; last read:")));
}

// A name in a message: short and printable whatever was sent.
std::string Quoted(std::string_view name) {
  constexpr size_t kShown = 32;
  return absl::StrCat("\"", absl::CHexEscape(name.substr(0, kShown)),
                      name.size() > kShown ? "..." : "", "\"");
}

// Puts the events of one text into a tree. A container is whole before it is moved into the one
// around it, so nothing points into a vector that still grows.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return Put({}); }
  bool boolean(bool value) override {
    return Put({.kind = JsonKind::kBool, .text = value ? "true" : "false"});
  }
  bool number_integer(number_integer_t value) override {
    return Put({.kind = JsonKind::kNumber,
                .text = absl::StrCat(value),
                .number = static_cast<double>(value)});
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Put({.kind = JsonKind::kNumber,
                .text = absl::StrCat(value),
                .number = static_cast<double>(value)});
  }
  bool number_float(number_float_t value, const string_t& text) override {
    return Put({.kind = JsonKind::kNumber, .text = text, .number = value});
  }
  bool string(string_t& value) override {
    return Put({.kind = JsonKind::kString, .text = std::move(value)});
  }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override {
    open_.back().members.push_back({.name = std::move(name), .value = {}});
    return true;
  }
  bool start_object(size_t) override { return Open(JsonKind::kObject); }
  bool start_array(size_t) override { return Open(JsonKind::kArray); }
  bool end_object() override { return HasNoNameTwice() && Close(); }
  bool end_array() override { return Close(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    return Fail(absl::StrCat("is not JSON: ", Essence(error.what())));
  }

  JsonValue TakeRoot() { return std::move(root_); }
  std::string TakeProblem() { return std::move(problem_); }

 private:
  bool Put(JsonValue value) {
    if (++values_ > limits_.max_values) {
      return Fail(absl::StrCat("holds more than ", limits_.max_values, " values"));
    }
    if (open_.empty()) return Fail("is not an object");
    JsonValue& around = open_.back();
    if (around.kind == JsonKind::kArray) {
      around.items.push_back(std::move(value));
    } else {
      around.members.back().value = std::move(value);
    }
    return true;
  }

  bool Open(JsonKind kind) {
    if (open_.empty() && kind != JsonKind::kObject) return Fail("is not an object");
    if (open_.size() == limits_.max_depth) {
      return Fail(absl::StrCat("is nested deeper than ", limits_.max_depth));
    }
    open_.push_back({.kind = kind});
    return true;
  }

  bool Close() {
    JsonValue done = std::move(open_.back());
    open_.pop_back();
    if (open_.empty()) {
      root_ = std::move(done);
      return true;
    }
    return Put(std::move(done));
  }

  // By sorting: comparing each with each would let one long object cost seconds.
  bool HasNoNameTwice() {
    const JsonValue& object = open_.back();
    absl::InlinedVector<std::string_view, 16> names;
    names.reserve(object.members.size());
    for (const JsonMember& member : object.members) names.push_back(member.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    return twice == names.end() || Fail(absl::StrCat("member ", Quoted(*twice), " appears twice"));
  }

  bool Fail(std::string_view what) {
    const std::string where = Path();
    problem_ = where.empty() ? std::string(what) : absl::StrCat(where, ": ", what);
    return false;
  }

  // "keys[2].x": the members and items that are under way.
  std::string Path() const {
    std::string path;
    for (size_t i = 0; i + 1 < open_.size(); ++i) {
      const JsonValue& around = open_[i];
      if (around.kind == JsonKind::kArray) {
        absl::StrAppend(&path, "[", around.items.size(), "]");
      } else {
        absl::StrAppend(&path, path.empty() ? "" : ".",
                        absl::CHexEscape(around.members.back().name.substr(0, 32)));
      }
    }
    return path;
  }

  const JsonLimits& limits_;
  std::vector<JsonValue> open_;
  JsonValue root_;
  size_t values_ = 0;
  std::string problem_;
};

}  // namespace

const JsonValue* JsonValue::Find(std::string_view name) const {
  for (const JsonMember& member : members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

std::optional<JsonValue> ParseJsonObject(std::string_view text, const JsonLimits& limits,
                                         std::string* problem) {
  const auto refuse = [problem](std::string what) {
    if (problem != nullptr) *problem = std::move(what);
    return std::nullopt;
  };
  if (text.size() > limits.max_bytes) {
    return refuse(
        absl::StrCat("has ", text.size(), " bytes; at most ", limits.max_bytes, " are allowed"));
  }
  // nlohmann skips a byte order mark, and takes a NUL for the end of the text.
  if (absl::StartsWith(text, "\xef\xbb\xbf")) return refuse("begins with a byte order mark");
  if (absl::StrContains(text, '\0')) return refuse("is not JSON: it holds a NUL byte");
  TreeBuilder builder(limits);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return refuse(builder.TakeProblem());
  }
  return builder.TakeRoot();
}

}  // namespace sluice::jose
