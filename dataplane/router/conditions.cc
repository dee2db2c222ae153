// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/conditions.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/http/syntax.h"

namespace sluice::router {

using StringKind = config::StringMatch::Kind;

namespace {

std::string_view KindName(FieldRef::Kind kind) {
  switch (kind) {
    case FieldRef::Kind::kQuery:
      return "query parameter ";
    case FieldRef::Kind::kCookie:
      return "cookie ";
    default:
      return "header ";
  }
}

std::string Wanted(const config::StringMatch& match) {
  static constexpr std::string_view kVerbs[] = {"", "a text that starts with ",
                                                "a text that ends with ", "a text that contains ",
                                                "a match of "};
  if (match.kind == StringKind::kPresent) return "any value";
  return absl::StrCat(kVerbs[static_cast<size_t>(match.kind)], "\"", match.value, "\"",
                      match.ignore_case ? " (any case)" : "");
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Conditions>> Conditions::Make(const config::RouteMatch& match,
                                                                   RegexPool& regexes) {
  if (match.headers.empty() && match.query.empty() && match.cookies.empty() && !match.grpc_only &&
      match.fraction_per_million >= 1'000'000) {
    return nullptr;
  }
  auto conditions = std::unique_ptr<Conditions>(new Conditions(match));
  const auto add = [&](FieldRef field, const config::StringMatch& text,
                       const config::HeaderMatch* header) -> absl::Status {
    Test test{field, &text, header};
    const bool is_range = header != nullptr && header->range.has_value();
    if (text.kind == StringKind::kRegex && !is_range) {
      absl::StatusOr<const re2::RE2*> regex = regexes.Get(text.value);
      if (!regex.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat(KindName(field.kind), field.name, ": ", regex.status().message()));
      }
      test.regex = *regex;
    }
    conditions->tests_.push_back(test);
    return absl::OkStatus();
  };
  for (const config::HeaderMatch& header : match.headers) {
    SLUICE_RETURN_IF_ERROR(add(FieldRef::Header(header.name), header.match, &header));
  }
  for (const config::QueryMatch& query : match.query) {
    SLUICE_RETURN_IF_ERROR(add(FieldRef::Query(query.name), query.match, nullptr));
  }
  for (const config::HeaderMatch& cookie : match.cookies) {
    SLUICE_RETURN_IF_ERROR(add(FieldRef::Cookie(cookie.name), cookie.match, &cookie));
  }
  return conditions;
}

bool Conditions::MatchText(const Test& test, std::string_view text) {
  if (test.header != nullptr && test.header->range.has_value()) {
    int64_t number = 0;
    return absl::SimpleAtoi(text, &number) && number >= test.header->range->first &&
           number < test.header->range->second;
  }
  const std::string& value = test.match->value;
  const bool any_case = test.match->ignore_case;
  switch (test.match->kind) {
    case StringKind::kExact:
      return any_case ? absl::EqualsIgnoreCase(text, value) : text == value;
    case StringKind::kPrefix:
      return any_case ? absl::StartsWithIgnoreCase(text, value) : absl::StartsWith(text, value);
    case StringKind::kSuffix:
      return any_case ? absl::EndsWithIgnoreCase(text, value) : absl::EndsWith(text, value);
    case StringKind::kContains:
      return any_case ? absl::StrContainsIgnoreCase(text, value) : absl::StrContains(text, value);
    case StringKind::kRegex:
      return FullMatch(*test.regex, text);
    case StringKind::kPresent:
      return true;
  }
  return false;
}

bool Conditions::MatchTest(const Test& test, const Request& request) {
  std::optional<std::string_view> text = request.Get(test.field);
  if (test.header == nullptr) return text.has_value() && MatchText(test, *text);
  const config::HeaderMatch& header = *test.header;
  if (!text.has_value() && header.missing_is_empty) text = "";
  if (!text.has_value()) {
    const bool absence_decides = test.field.kind == FieldRef::Kind::kCookie ||
                                 (header.match.kind == StringKind::kPresent && !header.range);
    return absence_decides && header.invert;
  }
  return MatchText(test, *text) != header.invert;
}

bool Conditions::Match(const Request& request) const {
  if (match_.fraction_per_million < 1'000'000 &&
      request.query().random % 1'000'000 >= match_.fraction_per_million) {
    return false;
  }
  if (match_.grpc_only && !request.IsGrpc()) return false;
  for (const Test& test : tests_) {
    if (!MatchTest(test, request)) return false;
  }
  return true;
}

std::string Conditions::WhyNot(const Test& test, const Request& request) {
  const std::string field = absl::StrCat(KindName(test.field.kind), test.field.name);
  const bool invert = test.header != nullptr && test.header->invert;
  std::string wanted = Wanted(*test.match);
  if (test.header != nullptr && test.header->range.has_value()) {
    wanted = absl::StrCat("a number from ", test.header->range->first, " to below ",
                          test.header->range->second);
  }
  const std::optional<std::string_view> text = request.Get(test.field);
  if (!text.has_value()) {
    return absl::StrCat(field, " is missing, wants ", invert ? "anything but " : "", wanted);
  }
  if (invert && test.match->kind == StringKind::kPresent) {
    return absl::StrCat(field, " is \"", *text, "\", wants it to be missing");
  }
  return absl::StrCat(field, " is \"", *text, "\", wants ", invert ? "anything but " : "", wanted);
}

std::string Conditions::Why(const Request& request) const {
  if (match_.fraction_per_million < 1'000'000 &&
      request.query().random % 1'000'000 >= match_.fraction_per_million) {
    return absl::StrCat("takes ", match_.fraction_per_million / 10'000.0,
                        "% of requests, and this is none of them");
  }
  if (match_.grpc_only && !request.IsGrpc()) {
    const std::string_view type = request.query().headers == nullptr
                                      ? std::string_view()
                                      : request.query().headers->Get(http::HeaderId::kContentType);
    return absl::StrCat("content-type is \"", type, "\", wants gRPC");
  }
  for (const Test& test : tests_) {
    if (!MatchTest(test, request)) return WhyNot(test, request);
  }
  return "";
}

std::vector<Conditions::Equality> Conditions::Equalities() const {
  std::vector<Equality> equalities;
  for (const Test& test : tests_) {
    if (test.match->kind != StringKind::kExact || test.match->ignore_case) continue;
    if (test.header != nullptr &&
        (test.header->invert || test.header->missing_is_empty || test.header->range)) {
      continue;
    }
    equalities.push_back({test.field, test.match->value});
  }
  return equalities;
}

}  // namespace sluice::router
