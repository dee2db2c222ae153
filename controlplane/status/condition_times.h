// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "controlplane/resolve/verdict.h"

namespace sluice::status {

// Where in a status a condition stands, as one word: conditions of the same type on other listeners
// or towards other parents are others.
std::string PlaceOf(const resolve::ListenerVerdict& listener);
std::string PlaceOf(const resolve::ParentVerdict& parent);
inline constexpr std::string_view kObjectPlace = "";

// ConditionTimes are the lastTransitionTimes of one object's conditions: each is the time at which
// its condition's status (True, False, Unknown) became what it is. A new reason or message is no
// transition.
//
// Thread:   a value.
// Errors:   none.
// Limits:   one entry a condition.
class ConditionTimes {
 public:
  // Goes over to a verdict that came at `now`. True if any condition has a new status, is new or
  // gone.
  bool Follow(const resolve::Verdict& verdict, absl::Time now);

  // Of a condition; `otherwise` if it is not known.
  [[nodiscard]] absl::Time Of(std::string_view place, std::string_view type,
                              absl::Time otherwise) const;

  // What a status that was written once (JSON) says; nothing for what cannot be read.
  static ConditionTimes FromStatusJson(std::string_view json);

  bool operator==(const ConditionTimes&) const = default;

 private:
  struct Entry {
    resolve::Condition::Status status = resolve::Condition::Status::kUnknown;
    absl::Time since;
    bool operator==(const Entry&) const = default;
  };
  std::map<std::string, Entry, std::less<>> entries_;  // By place and type.
};

}  // namespace sluice::status
