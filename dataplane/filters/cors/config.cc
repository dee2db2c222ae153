// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/cors/config.h"

#include <re2/re2.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::filters {

using Kind = config::StringMatch::Kind;

namespace {

constexpr int kMaxProgramSize = 10'000;

}  // namespace

CorsPolicy::CorsPolicy(CorsSettings settings) : settings_(std::move(settings)) {}
CorsPolicy::~CorsPolicy() = default;

absl::StatusOr<std::shared_ptr<const CorsPolicy>> CorsPolicy::Make(CorsSettings settings) {
  auto policy = std::shared_ptr<CorsPolicy>(new CorsPolicy(std::move(settings)));
  const auto& origins = policy->settings_.allow_origins;
  policy->regexes_.resize(origins.size());
  for (size_t i = 0; i < origins.size(); ++i) {
    if (origins[i].kind == Kind::kRegex) {
      re2::RE2::Options options;
      options.set_log_errors(false);
      options.set_max_mem(1 << 20);
      auto regex = std::make_unique<const re2::RE2>(origins[i].value, options);
      if (!regex->ok() || regex->ProgramSize() > kMaxProgramSize) {
        return absl::InvalidArgumentError(
            absl::StrCat("origin regex \"", origins[i].value, "\" ",
                         regex->ok() ? "is too large" : "is not valid: " + regex->error()));
      }
      policy->regexes_[i] = std::move(regex);
    }
    if (policy->Matches(i, "*")) policy->any_ = true;
  }
  return std::shared_ptr<const CorsPolicy>(std::move(policy));
}

bool CorsPolicy::Matches(size_t index, std::string_view origin) const {
  const config::StringMatch& match = settings_.allow_origins[index];
  const bool any_case = match.ignore_case;
  switch (match.kind) {
    case Kind::kExact:
      return any_case ? absl::EqualsIgnoreCase(origin, match.value) : origin == match.value;
    case Kind::kPrefix:
      return any_case ? absl::StartsWithIgnoreCase(origin, match.value)
                      : absl::StartsWith(origin, match.value);
    case Kind::kSuffix:
      return any_case ? absl::EndsWithIgnoreCase(origin, match.value)
                      : absl::EndsWith(origin, match.value);
    case Kind::kContains:
      return any_case ? absl::StrContainsIgnoreCase(origin, match.value)
                      : absl::StrContains(origin, match.value);
    case Kind::kRegex:
      return re2::RE2::FullMatch({origin.data(), origin.size()}, *regexes_[index]);
    case Kind::kPresent:
      return true;
  }
  return false;
}

bool CorsPolicy::Allows(std::string_view origin) const {
  if (any_) return true;
  for (size_t i = 0; i < settings_.allow_origins.size(); ++i) {
    if (Matches(i, origin)) return true;
  }
  return false;
}

}  // namespace sluice::filters
