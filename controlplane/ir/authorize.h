// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/ir/condition.h"
#include "controlplane/ir/source.h"

namespace sluice::ir {

// Takes a request if `when` holds and `unless` does not.
struct AuthorizeRule {
  std::string name;
  bool deny = false;               // Else it allows.
  std::optional<Conditions> when;  // None: every request.
  std::optional<Conditions> unless;

  bool operator==(const AuthorizeRule&) const = default;
};

// What callers may do: nothing that a rule denies; and if there is one that allows, only what one
// allows.
struct Authorize {
  std::string policy;  // "AuthPolicy/NAMESPACE/NAME".
  std::vector<AuthorizeRule> rules;
  bool shadow = false;
  Source source;

  bool operator==(const Authorize&) const = default;
};

}  // namespace sluice::ir
