// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/regex.h"

#include <re2/re2.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice::router {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

RegexPool::RegexPool() = default;
RegexPool::~RegexPool() = default;

absl::StatusOr<const re2::RE2*> RegexPool::Get(std::string_view pattern) {
  auto it = regexes_.find(pattern);
  if (it != regexes_.end()) return it->second.get();
  if (pattern.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "regex of ", pattern.size(), " bytes is over the limit of ", kMaxPatternBytes));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  // Bounds the program and, later, the cache of states; patterns are many.
  options.set_max_mem(1 << 20);
  auto regex = std::make_unique<const re2::RE2>(Piece(pattern), options);
  if (!regex->ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("regex \"", pattern, "\" is not valid: ", regex->error()));
  }
  if (regex->ProgramSize() > kMaxProgramSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("regex \"", pattern, "\" compiles to ", regex->ProgramSize(),
                     " instructions, over the limit of ", kMaxProgramSize));
  }
  return regexes_.emplace(pattern, std::move(regex)).first->second.get();
}

bool FullMatch(const re2::RE2& regex, std::string_view text) {
  return regex.Match(Piece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

std::string ReplaceAll(const re2::RE2& regex, std::string_view text,
                       std::string_view substitution) {
  std::string out(text);
  re2::RE2::GlobalReplace(&out, regex, Piece(substitution));
  return out;
}

std::string LiteralPrefix(std::string_view pattern) {
  // An alternative anywhere may be one of the whole pattern: not looked into.
  if (pattern.find('|') != std::string_view::npos) return "";
  std::string out;
  size_t i = 0;
  if (i < pattern.size() && pattern[i] == '^') ++i;
  while (i < pattern.size()) {
    size_t next = i + 1;
    char c = pattern[i];
    if (c == '\\') {
      // Before a letter or digit it names a class, an anchor or a byte.
      if (next >= pattern.size() || !absl::ascii_ispunct(pattern[next])) break;
      c = pattern[next++];
    } else if (static_cast<unsigned char>(c) >= 0x80 ||
               std::string_view("^$.[](){}*+?").find(c) != std::string_view::npos) {
      break;
    }
    // A repeat that allows none takes the character back.
    if (next < pattern.size() &&
        (pattern[next] == '*' || pattern[next] == '?' || pattern[next] == '{')) {
      break;
    }
    out.push_back(c);
    i = next;
  }
  return out;
}

}  // namespace sluice::router
