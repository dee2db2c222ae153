// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>

namespace sluice::ir {

// One object of the resource model, by name alone.
struct ObjectId {
  std::string kind;
  std::string ns;
  std::string name;

  auto operator<=>(const ObjectId&) const = default;
};

// The object and field that something came from, so that a refusal of the outcome can be told to
// whoever wrote the cause.
struct Source {
  ObjectId object;
  std::string field_path;  // "spec.rules[0].matches[1]"; empty: the object as a whole.

  auto operator<=>(const Source&) const = default;
};

}  // namespace sluice::ir
