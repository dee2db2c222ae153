// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace sluice::support {

// What is wrong with one thing that a message sets.
enum class FieldFault {
  kListed,            // Known, not implemented, harmless to skip.
  kRefused,           // Known, not implemented, not to be skipped.
  kUnknownField,      // A field number that our copy of the message does not have.
  kUnknownEnumValue,  // A number that the enum does not have.
  kTooDeep,           // Nested deeper than kMaxDepth; what lies below was not looked at.
};

// One thing that a message sets and Sluice does not do.
struct FieldFinding {
  FieldFault fault;
  // Where, as text for people: `filter_chains[0].filters[0].typed_config.via`. A map entry is
  // `typed_per_filter_config["name"]`, an unknown field `#` and its number. Empty for the message
  // that was handed in.
  std::string path;
  // What, without indexes, as a key to count by: `envoy.config.listener.v3.Listener.freebind`,
  // `<message>.#<number>`, `<enum>.<VALUE>`, or the message where a whole extension is meant.
  std::string subject;
  // The unknown field's or enum value's number; 0 with the other faults.
  int number = 0;

  bool operator==(const FieldFinding&) const = default;
};

// Unpacks an Any, or returns null to leave it alone: whether an extension type may be unknown is
// the caller's to decide.
using AnyResolver =
    std::function<std::unique_ptr<google::protobuf::Message>(const google::protobuf::Any&)>;

inline constexpr size_t kMaxFindings = 1000;
inline constexpr int kMaxDepth = 100;

// Finds whatever `message` sets that is annotated as not implemented (sluice/annotations.proto) or
// that its type does not know, at any depth, in field order, map entries in key order. It does not
// judge values: that is the compiler's business.
//
// What lies below a field or extension that is reported is not looked at. An unknown number is
// reported once per message, however often it stands there.
//
// Thread:   any; reads only.
// Lifetime: findings own their text.
// Errors:   none; findings are the answer.
// Limits:   kMaxFindings findings, then it stops; kMaxDepth levels, counted across Any.
std::vector<FieldFinding> WalkSupport(const google::protobuf::Message& message,
                                      const AnyResolver& resolve = nullptr);

// An AnyResolver over the types linked into this program: null for a type that is not linked, and
// for bytes that do not parse.
std::unique_ptr<google::protobuf::Message> UnpackLinked(const google::protobuf::Any& any);

}  // namespace sluice::support
