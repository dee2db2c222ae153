// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/config/route.h"
#include "dataplane/router/regex.h"
#include "dataplane/router/request.h"

namespace sluice::router {

// What a route asks of a request beside its path: headers, query, cookies, gRPC, a share.
//
// A missing header matches nothing, inverted or not, unless it counts as empty or its presence is
// the question; a missing cookie is no match, which inverts (both as Envoy).
//
// Thread:   immutable; any.
// Lifetime: refers to the RouteMatch and the pool it was made of.
class Conditions {
 public:
  // Null where `match` asks for nothing but a path.
  static absl::StatusOr<std::unique_ptr<const Conditions>> Make(const config::RouteMatch& match,
                                                                RegexPool& regexes);

  bool Match(const Request& request) const;

  // Why the request does not match; empty if it does.
  std::string Why(const Request& request) const;

  // The fields that must equal one text, with that text: what an index can hash on.
  struct Equality {
    FieldRef field;
    std::string_view value;
  };
  std::vector<Equality> Equalities() const;

 private:
  struct Test {
    FieldRef field;
    const config::StringMatch* match;
    const config::HeaderMatch* header = nullptr;  // Null for a query parameter.
    const re2::RE2* regex = nullptr;
  };

  explicit Conditions(const config::RouteMatch& match) : match_(match) {}

  static bool MatchText(const Test& test, std::string_view text);
  static bool MatchTest(const Test& test, const Request& request);
  static std::string WhyNot(const Test& test, const Request& request);

  const config::RouteMatch& match_;
  std::vector<Test> tests_;
};

}  // namespace sluice::router
