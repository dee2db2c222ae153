// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/manifest/object.h"

namespace sluice::resolve {

// The name by which GatewayClasses ask for us.
inline constexpr std::string_view kControllerName = "sluice.dev/gateway-controller";

// One of Gateway API's conditions, before it has a time and a generation.
struct Condition {
  enum class Status : uint8_t { kFalse, kTrue, kUnknown };

  std::string type;
  Status status = Status::kTrue;
  std::string reason;
  std::string message;

  bool operator==(const Condition&) const = default;
};

inline Condition True(std::string type, std::string reason, std::string message = "") {
  return {std::move(type), Condition::Status::kTrue, std::move(reason), std::move(message)};
}
inline Condition False(std::string type, std::string reason, std::string message) {
  return {std::move(type), Condition::Status::kFalse, std::move(reason), std::move(message)};
}

// What is said of an object towards one of its parents: a route's Gateway, a policy's target.
struct ParentVerdict {
  manifest::ObjectKey parent;
  std::string section;  // Empty: none was named.
  int32_t port = 0;     // 0: none was named.
  // Which of the object's parentRefs or targetRefs; verdicts stand in their order.
  int index = 0;
  // Whether the parent exists and is ours: where others share the registry, only then is the
  // verdict ours to write.
  bool ours = true;
  std::vector<Condition> conditions;

  bool operator==(const ParentVerdict&) const = default;
};

struct ListenerVerdict {
  std::string name;
  // Kinds of routes that may attach.
  std::vector<std::string> supported_kinds;
  int32_t attached_routes = 0;
  std::vector<Condition> conditions;

  bool operator==(const ListenerVerdict&) const = default;
};

// What became of one object.
struct Verdict {
  std::vector<Condition> conditions;       // GatewayClass, Gateway.
  std::vector<ListenerVerdict> listeners;  // Gateway.
  std::vector<ParentVerdict> parents;      // Routes and policies.

  bool operator==(const Verdict&) const = default;
};

using Verdicts = std::map<manifest::ObjectKey, Verdict>;

// True if every condition of the verdict is as its author will have wanted it.
bool IsClean(const Verdict& verdict);

// True if a condition says what its author will have wanted. "Conflicted" and the like are good
// when false, all others when true.
bool IsGood(const Condition& condition);

}  // namespace sluice::resolve
