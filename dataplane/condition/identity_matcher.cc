// SPDX-License-Identifier: Apache-2.0
#include "dataplane/condition/identity_matcher.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/types/span.h"

namespace sluice::condition {
namespace {

using http::ClaimKind;
using ValueTest = IdentityMatcher::ValueTest;

// A value as the tests see it.
struct Value {
  bool there = false;
  ClaimKind kind = ClaimKind::kString;
  std::string_view text;                        // Of a scalar.
  absl::Span<const std::string_view> elements;  // Of a list.
};

// Empty is how Identity says that there is none.
Value Text(std::string_view text) { return {.there = !text.empty(), .text = text}; }

Value List(absl::Span<const std::string_view> elements) {
  return {.there = !elements.empty(), .kind = ClaimKind::kList, .elements = elements};
}

Value OfClaim(const http::Claims* claims, std::string_view path) {
  const http::Claim* claim = claims == nullptr ? nullptr : claims->Find(path);
  if (claim == nullptr) return {};
  Value value{.there = true, .kind = claim->kind};
  if (claim->kind == ClaimKind::kList) {
    value.elements = claim->values;
  } else if (!claim->values.empty()) {
    value.text = claim->values.front();
  }
  return value;
}

Value Find(const http::Identity& identity, IdentityMatcher::Field field, std::string_view claim) {
  using Field = IdentityMatcher::Field;
  switch (field) {
    case Field::kConsumer:
      return Text(identity.consumer);
    case Field::kGroups:
      return List(identity.groups);
    case Field::kMethod:
      return Text(identity.method);
    case Field::kIssuer:
      return Text(identity.issuer);
    case Field::kSubject:
      return Text(identity.subject);
    case Field::kScopes:
      return List(identity.scopes);
    case Field::kClaim:
      return OfClaim(identity.claims, claim);
  }
  return {};
}

bool NumberHolds(const ValueTest& test, std::string_view text) {
  double number = 0;
  if (!absl::SimpleAtod(text, &number)) return false;
  return test.exact ? number == test.from : number >= test.from && number < test.below;
}

bool Holds(const ValueTest& test, const Value& value) {
  using Kind = ValueTest::Kind;
  switch (test.kind) {
    case Kind::kPresent:
      return value.there == test.wanted;
    case Kind::kText:
      return value.there && value.kind == ClaimKind::kString && test.text->Matches(value.text);
    case Kind::kNumber:
      return value.there && value.kind == ClaimKind::kNumber && NumberHolds(test, value.text);
    case Kind::kBool:
      return value.there && value.kind == ClaimKind::kBool &&
             value.text == (test.wanted ? "true" : "false");
    case Kind::kOneOfList:
      // What an element was, text or number, http::Claims does not keep.
      return value.there && value.kind == ClaimKind::kList &&
             std::any_of(value.elements.begin(), value.elements.end(),
                         [&](std::string_view element) {
                           return Holds(test.tests.front(), {.there = true, .text = element});
                         });
    case Kind::kAnyOf:
      return std::any_of(test.tests.begin(), test.tests.end(),
                         [&](const ValueTest& one) { return Holds(one, value); });
  }
  return false;
}

}  // namespace

bool IdentityMatcher::Matches(const http::Identity* identity) const {
  const Value value = identity == nullptr ? Value() : Find(*identity, field_, claim_);
  return Holds(test_, value) != invert_;
}

}  // namespace sluice::condition
