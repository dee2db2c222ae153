// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/identity_matcher.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/matchers.h"

namespace sluice::compile {

using condition::IdentityMatcher;
using envoy::type::matcher::v3::MetadataMatcher;
using envoy::type::matcher::v3::ValueMatcher;
using Field = IdentityMatcher::Field;
using ValueTest = IdentityMatcher::ValueTest;

namespace {

// Values within values: a list of "one of" needs three.
constexpr int kMaxDepth = 8;

constexpr std::string_view kClaims = "claims";
constexpr std::pair<std::string_view, Field> kFields[] = {
    {"consumer", Field::kConsumer}, {"groups", Field::kGroups},   {"method", Field::kMethod},
    {"issuer", Field::kIssuer},     {"subject", Field::kSubject}, {"scopes", Field::kScopes},
};

absl::StatusOr<ValueTest> CompileValue(const ValueMatcher& matcher, int depth,
                                       CompileContext& context);

absl::StatusOr<ValueTest> CompileText(const ValueMatcher& matcher, CompileContext& context) {
  const Scope at(context, "string_match");
  SLUICE_ASSIGN_OR_RETURN(config::StringMatch match,
                          CompileStringMatch(matcher.string_match(), context));
  absl::StatusOr<condition::TextMatcher> text = condition::TextMatcher::Make(std::move(match));
  if (!text.ok()) return context.Error(text.status().message());
  ValueTest test;
  test.kind = ValueTest::Kind::kText;
  test.text = std::make_unique<const condition::TextMatcher>(*std::move(text));
  return test;
}

absl::StatusOr<ValueTest> CompileNumber(const ValueMatcher& matcher,
                                        const CompileContext& context) {
  const auto& number = matcher.double_match();
  ValueTest test;
  test.kind = ValueTest::Kind::kNumber;
  if (number.has_range()) {
    test.from = number.range().start();
    test.below = number.range().end();
    return test;
  }
  if (number.match_pattern_case() != number.kExact) {
    return context.ErrorAt("double_match", "wants one of range and exact");
  }
  test.exact = true;
  test.from = number.exact();
  return test;
}

absl::StatusOr<ValueTest> CompileList(const ValueMatcher& matcher, int depth,
                                      CompileContext& context) {
  const Scope at(context, "list_match.one_of");
  if (!matcher.list_match().has_one_of()) return context.Error("is missing");
  ValueTest test;
  test.kind = ValueTest::Kind::kOneOfList;
  SLUICE_ASSIGN_OR_RETURN(ValueTest element,
                          CompileValue(matcher.list_match().one_of(), depth + 1, context));
  test.tests.push_back(std::move(element));
  return test;
}

absl::StatusOr<ValueTest> CompileAnyOf(const ValueMatcher& matcher, int depth,
                                       CompileContext& context) {
  ValueTest test;
  test.kind = ValueTest::Kind::kAnyOf;
  const auto& matchers = matcher.or_match().value_matchers();
  if (matchers.empty()) return context.ErrorAt("or_match.value_matchers", "is empty");
  for (int i = 0; i < matchers.size(); ++i) {
    const Scope at(context, "or_match.value_matchers", i);
    SLUICE_ASSIGN_OR_RETURN(ValueTest one, CompileValue(matchers.Get(i), depth + 1, context));
    test.tests.push_back(std::move(one));
  }
  return test;
}

absl::StatusOr<ValueTest> CompileValue(const ValueMatcher& matcher, int depth,
                                       CompileContext& context) {
  if (depth > kMaxDepth) return context.Error(absl::StrCat("is nested deeper than ", kMaxDepth));
  ValueTest test;
  switch (matcher.match_pattern_case()) {
    case ValueMatcher::kStringMatch:
      return CompileText(matcher, context);
    case ValueMatcher::kDoubleMatch:
      return CompileNumber(matcher, context);
    case ValueMatcher::kBoolMatch:
      test.kind = ValueTest::Kind::kBool;
      test.wanted = matcher.bool_match();
      return test;
    case ValueMatcher::kPresentMatch:
      test.kind = ValueTest::Kind::kPresent;
      test.wanted = matcher.present_match();
      return test;
    case ValueMatcher::kListMatch:
      return CompileList(matcher, depth, context);
    case ValueMatcher::kOrMatch:
      return CompileAnyOf(matcher, depth, context);
    case ValueMatcher::kNullMatch:
    case ValueMatcher::MATCH_PATTERN_NOT_SET:
      break;
  }
  return context.Error(
      "wants one of string_match, double_match, bool_match, present_match, list_match and "
      "or_match");
}

absl::StatusOr<std::pair<Field, std::string>> CompilePath(const MetadataMatcher& matcher,
                                                          const CompileContext& context) {
  const auto& path = matcher.path();
  const std::string first = path.empty() ? "" : path.Get(0).key();
  if (first == kClaims && path.size() > 1) {
    std::string claim;
    for (int i = 1; i < path.size(); ++i) {
      if (path.Get(i).key().empty()) {
        return context.ErrorAt(absl::StrCat("path[", i, "].key"), "is empty");
      }
      absl::StrAppend(&claim, claim.empty() ? "" : ".", path.Get(i).key());
    }
    return std::pair(Field::kClaim, claim);
  }
  for (const auto& [name, field] : kFields) {
    if (name == first && path.size() == 1) return std::pair(field, std::string());
  }
  return context.ErrorAt("path",
                         absl::StrCat("\"", first, path.size() > 1 ? "\" and what follows" : "\"",
                                      " is none of consumer, groups, method, issuer, subject, "
                                      "scopes, and claims with the name of a claim"));
}

}  // namespace

absl::StatusOr<IdentityMatcher> CompileIdentityMatcher(const MetadataMatcher& matcher,
                                                       CompileContext& context) {
  if (matcher.filter() != kIdentityNamespace) {
    const std::string_view known[] = {kIdentityNamespace};
    return context.UnknownName("namespace of metadata", matcher.filter(), known);
  }
  SLUICE_ASSIGN_OR_RETURN(auto path, CompilePath(matcher, context));
  const Scope at(context, "value");
  SLUICE_ASSIGN_OR_RETURN(ValueTest test, CompileValue(matcher.value(), 0, context));
  return IdentityMatcher(path.first, std::move(path.second), std::move(test), matcher.invert());
}

}  // namespace sluice::compile
