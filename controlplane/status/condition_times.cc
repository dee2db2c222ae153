// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/condition_times.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice::status {
namespace {

using Json = nlohmann::json;
using resolve::Condition;

std::string KeyOf(std::string_view place, std::string_view type) {
  return absl::StrCat(place, "|", type);
}

std::string ParentPlace(std::string_view kind, std::string_view ns, std::string_view name,
                        std::string_view section, int64_t port) {
  return absl::StrCat("parent ", kind, " ", ns, "/", name, "#", section, ":", port);
}

Condition::Status StatusOf(const std::string& name) {
  if (name == "True") return Condition::Status::kTrue;
  return name == "False" ? Condition::Status::kFalse : Condition::Status::kUnknown;
}

std::string Text(const Json& object, const char* member) {
  const auto it = object.find(member);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

const Json& Member(const Json& object, const char* member) {
  static const Json* const kNone = new Json;
  if (!object.is_object()) return *kNone;
  const auto it = object.find(member);
  return it == object.end() ? *kNone : *it;
}

}  // namespace

std::string PlaceOf(const resolve::ListenerVerdict& listener) {
  return absl::StrCat("listener ", listener.name);
}

std::string PlaceOf(const resolve::ParentVerdict& parent) {
  return ParentPlace(parent.parent.kind, parent.parent.ns, parent.parent.name, parent.section,
                     parent.port);
}

bool ConditionTimes::Follow(const resolve::Verdict& verdict, absl::Time now) {
  std::map<std::string, Entry, std::less<>> after;
  const auto add = [&](std::string_view place, const std::vector<Condition>& conditions) {
    for (const Condition& condition : conditions) {
      std::string key = KeyOf(place, condition.type);
      const auto known = entries_.find(key);
      const bool stays = known != entries_.end() && known->second.status == condition.status;
      after[std::move(key)] = stays ? known->second : Entry{condition.status, now};
    }
  };
  add(kObjectPlace, verdict.conditions);
  for (const auto& listener : verdict.listeners) add(PlaceOf(listener), listener.conditions);
  for (const auto& parent : verdict.parents) {
    // Others' parents are others' to write.
    if (parent.ours) add(PlaceOf(parent), parent.conditions);
  }
  if (after == entries_) return false;
  entries_ = std::move(after);
  return true;
}

absl::Time ConditionTimes::Of(std::string_view place, std::string_view type,
                              absl::Time otherwise) const {
  const auto it = entries_.find(KeyOf(place, type));
  return it == entries_.end() ? otherwise : it->second.since;
}

ConditionTimes ConditionTimes::FromStatusJson(std::string_view json) {
  ConditionTimes times;
  const Json status = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const auto add = [&](std::string_view place, const Json& owner) {
    for (const Json& condition : Member(owner, "conditions")) {
      absl::Time since;
      if (!condition.is_object() ||
          !absl::ParseTime(absl::RFC3339_full, Text(condition, "lastTransitionTime"), &since,
                           nullptr)) {
        continue;
      }
      times.entries_[KeyOf(place, Text(condition, "type"))] = {StatusOf(Text(condition, "status")),
                                                               since};
    }
  };
  add(kObjectPlace, status);
  for (const Json& listener : Member(status, "listeners")) {
    if (listener.is_object()) add(absl::StrCat("listener ", Text(listener, "name")), listener);
  }
  for (const auto& [list, reference] :
       {std::pair("parents", "parentRef"), std::pair("ancestors", "ancestorRef")}) {
    for (const Json& parent : Member(status, list)) {
      const Json& ref = Member(parent, reference);
      if (!ref.is_object()) continue;
      const Json& port = Member(ref, "port");
      add(ParentPlace(Text(ref, "kind"), Text(ref, "namespace"), Text(ref, "name"),
                      Text(ref, "sectionName"), port.is_number_integer() ? port.get<int64_t>() : 0),
          parent);
    }
  }
  return times;
}

}  // namespace sluice::status
