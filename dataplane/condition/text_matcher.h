// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "dataplane/config/string_match.h"

namespace re2 {
class RE2;
}

namespace sluice::condition {

// A config::StringMatch that is ready to match.
//
// Thread: immutable; any.
// Errors: Make: kInvalidArgument for a regex that is not valid or too large.
// Limits: regexes of kMaxPatternBytes and kMaxProgramSize instructions; linear in the text.
class TextMatcher {
 public:
  static constexpr size_t kMaxPatternBytes = 8 * 1024;
  static constexpr int kMaxProgramSize = 10'000;

  static absl::StatusOr<TextMatcher> Make(config::StringMatch match);

  TextMatcher(TextMatcher&&) noexcept;
  TextMatcher& operator=(TextMatcher&&) noexcept;
  ~TextMatcher();

  bool Matches(std::string_view text) const;

 private:
  explicit TextMatcher(config::StringMatch match);

  config::StringMatch match_;
  std::unique_ptr<const re2::RE2> regex_;  // Of kRegex.
};

}  // namespace sluice::condition
