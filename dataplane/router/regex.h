// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace sluice::router {

// The regexes of one route table, each pattern compiled once however many routes use it.
//
// Thread:   filled by one; the regexes it hands out are for any.
// Lifetime: owns what it hands out.
// Errors:   Get says what is wrong with a pattern.
// Limits:   patterns of kMaxPatternBytes, programs of kMaxProgramSize instructions; matching is
//           linear in the text.
class RegexPool {
 public:
  static constexpr size_t kMaxPatternBytes = 8 * 1024;
  static constexpr int kMaxProgramSize = 10'000;

  RegexPool();
  ~RegexPool();

  absl::StatusOr<const re2::RE2*> Get(std::string_view pattern);

 private:
  absl::flat_hash_map<std::string, std::unique_ptr<const re2::RE2>> regexes_;
};

// Whether `regex` matches the whole of `text`.
bool FullMatch(const re2::RE2& regex, std::string_view text);

// `text` with every match replaced; `substitution` was checked against the regex.
std::string ReplaceAll(const re2::RE2& regex, std::string_view text, std::string_view substitution);

// What every text that `pattern` matches whole begins with; empty if that is not plain to see.
std::string LiteralPrefix(std::string_view pattern);

}  // namespace sluice::router
