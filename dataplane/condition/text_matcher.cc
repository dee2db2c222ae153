// SPDX-License-Identifier: Apache-2.0
#include "dataplane/condition/text_matcher.h"

#include <re2/re2.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::condition {

using Kind = config::StringMatch::Kind;

TextMatcher::TextMatcher(config::StringMatch match) : match_(std::move(match)) {}
TextMatcher::TextMatcher(TextMatcher&&) noexcept = default;
TextMatcher& TextMatcher::operator=(TextMatcher&&) noexcept = default;
TextMatcher::~TextMatcher() = default;

absl::StatusOr<TextMatcher> TextMatcher::Make(config::StringMatch match) {
  TextMatcher test(std::move(match));
  if (test.match_.kind != Kind::kRegex) return test;
  const std::string& pattern = test.match_.value;
  if (pattern.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the regex has ", pattern.size(), " bytes, at most ", kMaxPatternBytes, " are allowed"));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto regex = std::make_unique<const re2::RE2>(pattern, options);
  if (!regex->ok() || regex->ProgramSize() > kMaxProgramSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("the regex \"", pattern, "\" ",
                     regex->ok() ? "is too large" : "is not valid: " + regex->error()));
  }
  test.regex_ = std::move(regex);
  return test;
}

bool TextMatcher::Matches(std::string_view text) const {
  const std::string& value = match_.value;
  const bool any_case = match_.ignore_case;
  switch (match_.kind) {
    case Kind::kExact:
      return any_case ? absl::EqualsIgnoreCase(text, value) : text == value;
    case Kind::kPrefix:
      return any_case ? absl::StartsWithIgnoreCase(text, value) : absl::StartsWith(text, value);
    case Kind::kSuffix:
      return any_case ? absl::EndsWithIgnoreCase(text, value) : absl::EndsWith(text, value);
    case Kind::kContains:
      return any_case ? absl::StrContainsIgnoreCase(text, value) : absl::StrContains(text, value);
    case Kind::kRegex:
      return re2::RE2::FullMatch(text, *regex_);
    case Kind::kPresent:
      return true;
  }
  return false;
}

}  // namespace sluice::condition
