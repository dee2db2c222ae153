// SPDX-License-Identifier: Apache-2.0
#include <yaml.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/document_source.h"

namespace sluice::manifest {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : ready_(yaml_parser_initialize(&parser_) == 1) {
    if (!ready_) return;
    // Set, so that a byte order mark cannot switch to UTF-16.
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Parser() {
    if (ready_) yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  bool Next(yaml_event_t* event) { return ready_ && yaml_parser_parse(&parser_, event) == 1; }

  size_t error_line() const { return parser_.problem_mark.line; }
  std::string error() const {
    if (!ready_ || parser_.problem == nullptr) return "out of memory.";
    std::string reason = absl::StrCat("is not YAML: ", parser_.problem);
    if (parser_.context != nullptr) absl::StrAppend(&reason, " ", parser_.context);
    return absl::StrCat(reason, ".");
  }

 private:
  yaml_parser_t parser_;
  bool ready_;
};

class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  yaml_event_t* get() { return &event_; }
  const yaml_event_t* operator->() const { return &event_; }

 private:
  yaml_event_t event_{};
};

bool AllDigits(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return true;
}

bool IsInt(std::string_view text) {
  if (absl::StartsWith(text, "0o")) {
    return text.size() > 2 && text.find_first_not_of("01234567", 2) == std::string_view::npos;
  }
  if (absl::StartsWith(text, "0x")) {
    return text.size() > 2 &&
           text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  }
  if (text.size() > 1 && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return AllDigits(text);
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?, .inf and .nan.
bool IsFloat(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  if (text.size() > 1 && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  if (const size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view exponent = text.substr(e + 1);
    if (exponent.size() > 1 && (exponent[0] == '-' || exponent[0] == '+'))
      exponent.remove_prefix(1);
    if (!AllDigits(exponent)) return false;
    text = text.substr(0, e);
  }
  const size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view part =
      dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  return (AllDigits(whole) && (part.empty() || AllDigits(part))) ||
         (whole.empty() && AllDigits(part));
}

// The type of a plain scalar by the YAML 1.2 core schema. YAML 1.1's "yes" and "on" are strings.
NodeType Resolve(std::string_view text) {
  for (const std::string_view null : {"", "~", "null", "Null", "NULL"}) {
    if (text == null) return NodeType::kNull;
  }
  for (const std::string_view boolean : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    if (text == boolean) return NodeType::kBool;
  }
  if (IsInt(text)) return NodeType::kInt;
  if (IsFloat(text)) return NodeType::kFloat;
  return NodeType::kString;
}

std::string_view View(const yaml_char_t* text, size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

// Puts the events of one document into a tree.
class TreeFeeder {
 public:
  TreeFeeder(NodeTree& tree, int first_line) : tree_(tree), first_line_(first_line) {}

  // False when the document cannot be taken; error() and line() say why.
  bool Feed(const Event& event) {
    line_ = first_line_ + static_cast<int>(event->start_mark.line);
    switch (event->type) {
      case YAML_ALIAS_EVENT:
        return Refuse("aliases (\"*name\") are not accepted; write the value out.");
      case YAML_SCALAR_EVENT:
        return Scalar(event);
      case YAML_SEQUENCE_START_EVENT:
        return Plain(event->data.sequence_start.anchor, event->data.sequence_start.tag) &&
               NotAKey() && Taken(tree_.StartList(line_));
      case YAML_MAPPING_START_EVENT:
        return Plain(event->data.mapping_start.anchor, event->data.mapping_start.tag) &&
               NotAKey() && Taken(tree_.StartMap(line_));
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        tree_.End();
        return true;
      default:
        return true;
    }
  }

  int line() const { return line_; }
  const std::string& error() const { return error_; }

 private:
  bool Refuse(std::string reason) {
    error_ = std::move(reason);
    return false;
  }

  bool Taken(bool taken) { return taken || Refuse(tree_.error()); }

  bool Plain(const yaml_char_t* anchor, const yaml_char_t* tag) {
    if (anchor != nullptr)
      return Refuse("anchors (\"&name\") and aliases (\"*name\") are not accepted.");
    if (tag != nullptr) return Refuse("tags (\"!name\") are not accepted.");
    return true;
  }

  bool NotAKey() {
    return !tree_.wants_key() || Refuse("a key of a mapping must be a plain name.");
  }

  bool Scalar(const Event& event) {
    const auto& scalar = event->data.scalar;
    if (!Plain(scalar.anchor, scalar.tag)) return false;
    const std::string_view text = View(scalar.value, scalar.length);
    const bool plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (tree_.wants_key()) {
      if (plain && text == "<<") return Refuse("merge keys (\"<<\") are not accepted.");
      tree_.Key(text, line_);
      return true;
    }
    return Taken(tree_.Scalar(plain ? Resolve(text) : NodeType::kString, text, line_));
  }

  NodeTree& tree_;
  const int first_line_;
  int line_ = 0;
  std::string error_;
};

}  // namespace

void ReadYaml(std::string_view text, int first_line, const ReadLimits& limits,
              const DocumentHandler& handler) {
  Parser parser(text);
  for (;;) {
    NodeTree tree(limits);
    TreeFeeder feeder(tree, first_line);
    for (bool in_document = true; in_document;) {
      Event event;
      if (!parser.Next(event.get())) {
        handler.on_error(first_line + static_cast<int>(parser.error_line()), parser.error());
        return;
      }
      if (event->type == YAML_STREAM_END_EVENT) return;
      if (!feeder.Feed(event)) {
        handler.on_error(feeder.line(), feeder.error());
        return;
      }
      in_document = event->type != YAML_DOCUMENT_END_EVENT;
    }
    if (tree.root() != nullptr && !handler.on_document(*tree.root())) return;
  }
}

}  // namespace sluice::manifest
