// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/condition/text_matcher.h"
#include "dataplane/http/identity.h"

namespace sluice::condition {

// A condition on one value of who calls: a field of http::Identity, or a claim.
//
// A value is a text (a claim's number or boolean too, for the tests that want one), a list of
// texts, or missing. A test that does not fit the kind of the value does not hold, as in Envoy's
// ValueMatcher; so does any but presence where it is missing.
class IdentityMatcher {
 public:
  enum class Field : uint8_t { kConsumer, kGroups, kMethod, kIssuer, kSubject, kScopes, kClaim };

  // What is asked of the value. One of the members by `kind`.
  struct ValueTest {
    enum class Kind : uint8_t { kText, kNumber, kBool, kPresent, kOneOfList, kAnyOf };
    Kind kind = Kind::kPresent;
    bool wanted = true;  // Of kBool and kPresent.
    std::unique_ptr<const TextMatcher> text;
    double from = 0;  // Of kNumber: [from, below), or exactly `from`.
    double below = 0;
    bool exact = false;
    std::vector<ValueTest> tests;  // Of kOneOfList one, for an element; of kAnyOf some.
  };

  // `claim` is the path of kClaim: "realm_access.roles".
  IdentityMatcher(Field field, std::string claim, ValueTest test, bool invert)
      : field_(field), claim_(std::move(claim)), test_(std::move(test)), invert_(invert) {}

  // `identity` may be null: nobody has proved who they are.
  bool Matches(const http::Identity* identity) const;

 private:
  Field field_;
  std::string claim_;
  ValueTest test_;
  bool invert_;
};

}  // namespace sluice::condition
