// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/verdict.h"

#include <algorithm>

namespace sluice::resolve {
namespace {

bool AllGood(const std::vector<Condition>& conditions) {
  return std::all_of(conditions.begin(), conditions.end(), IsGood);
}

}  // namespace

bool IsGood(const Condition& condition) {
  const bool wanted_false = condition.type == "Conflicted" ||
                            condition.type == "PartiallyInvalid" ||
                            condition.type == "sluice.dev/FieldsIgnored";
  return condition.status == (wanted_false ? Condition::Status::kFalse : Condition::Status::kTrue);
}

bool IsClean(const Verdict& verdict) {
  return AllGood(verdict.conditions) &&
         std::all_of(verdict.listeners.begin(), verdict.listeners.end(),
                     [](const ListenerVerdict& v) { return AllGood(v.conditions); }) &&
         std::all_of(verdict.parents.begin(), verdict.parents.end(),
                     [](const ParentVerdict& v) { return AllGood(v.conditions); });
}

}  // namespace sluice::resolve
