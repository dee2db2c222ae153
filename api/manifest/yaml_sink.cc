// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "api/manifest/json_text.h"
#include "api/manifest/value_sink.h"

namespace sluice::manifest {
namespace {

// Words that some YAML version takes for null or a boolean.
bool IsYamlWord(std::string_view text) {
  for (const std::string_view word :
       {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}) {
    if (absl::EqualsIgnoreCase(text, word)) return true;
  }
  return false;
}

// "1m30s", "64Ki": starts with a digit, yet is no number in any YAML.
bool IsAmount(std::string_view text) {
  return absl::ascii_isdigit(text.front()) && absl::ascii_isalpha(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c) || absl::StrContains("hmsKMGTPi", c);
         });
}

// Narrow on purpose: only what cannot be a number, a time or syntax in any YAML stays unquoted.
bool IsPlain(std::string_view text) {
  if (text.empty() || IsYamlWord(text)) return false;
  if (IsAmount(text)) return true;
  if (!absl::ascii_isalpha(text.front()) && text.front() != '/' && text.front() != '_')
    return false;
  if (text.back() == ':') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("-._/+=:@", c);
  });
}

// True if a literal block gives back every byte: it ends in exactly one line feed, its first line
// shows the indentation, and nothing in it needs an escape.
bool IsLiteral(std::string_view text) {
  if (!absl::EndsWith(text, "\n") || absl::EndsWith(text, "\n\n") || text.size() < 2) return false;
  if (text.front() == ' ' || text.front() == '\n') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7F); });
}

}  // namespace

void YamlSink::StartItem() {
  if (levels_.empty() || !levels_.back().is_list) return;
  Level& level = levels_.back();
  if (level.starts_inline) {
    level.starts_inline = false;
  } else {
    out_.append(level.indent, ' ');
  }
  out_ += "- ";
  at_ = At::kBehindDash;
}

void YamlSink::Bare(std::string_view text) {
  StartItem();
  out_ += text;
  EndLine();
}

void YamlSink::Text(std::string_view text) {
  StartItem();
  if (IsPlain(text)) {
    out_ += text;
  } else if (IsLiteral(text)) {
    return Literal(text);
  } else {
    AppendJsonString(text, &out_);
  }
  EndLine();
}

void YamlSink::Literal(std::string_view text) {
  const size_t indent = levels_.empty() ? 2 : levels_.back().indent + 2;
  out_ += "|\n";
  text.remove_suffix(1);
  for (const std::string_view line : absl::StrSplit(text, '\n')) {
    if (!line.empty()) out_.append(indent, ' ');
    out_ += line;
    EndLine();
  }
}

void YamlSink::Start(bool is_list, bool empty, std::string_view flow) {
  StartItem();
  const At at = at_;
  // A list stands under its key without indentation, as Kubernetes' tools write it.
  const size_t outer = levels_.empty() ? 0 : levels_.back().indent;
  const size_t indent = at == At::kTop || (is_list && at == At::kBehindKey) ? outer : outer + 2;
  levels_.push_back({.is_list = is_list,
                     .empty = empty,
                     .indent = indent,
                     .starts_inline = at == At::kBehindDash});
  if (empty) {
    out_ += flow;
    EndLine();
  } else if (at == At::kBehindKey) {
    // The blank behind the key's colon ends its line here.
    out_.back() = '\n';
  }
}

void YamlSink::Key(std::string_view key) {
  Level& level = levels_.back();
  if (level.starts_inline) {
    level.starts_inline = false;
  } else {
    out_.append(level.indent, ' ');
  }
  if (IsPlain(key)) {
    out_ += key;
  } else {
    AppendJsonString(key, &out_);
  }
  out_ += ": ";
  at_ = At::kBehindKey;
}

void YamlSink::End() { levels_.pop_back(); }

}  // namespace sluice::manifest
