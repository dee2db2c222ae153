// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "api/manifest/node.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {

// The kinds hold no reals, 64-bit unsigned numbers or proto enums; kinds_test.cc sees to that.
using ScalarValue = std::variant<bool, int64_t, std::string>;

// Reads `node` as a value of `field`'s type and checks it against `rules`. Answers an empty string
// and sets `value`, or says what is wrong as a sentence without a subject.
std::string ReadScalar(const Node& node, const google::protobuf::FieldDescriptor* field,
                       const api::FieldRules& rules, ScalarValue* value);

// Puts `value`, which ReadScalar gave for the same field, into the message: set where the field is
// singular, added where it is a list.
void StoreScalar(ScalarValue value, const google::protobuf::FieldDescriptor* field,
                 google::protobuf::Message* message);

// The whole number that an int node holds, in YAML's notations; false if it does not fit.
bool ParseInt(std::string_view text, int64_t* value);

// Checks a string's length, choice, pattern and format; empty if they hold.
std::string CheckString(std::string_view text, const api::FieldRules& rules);
// Checks a number's bounds; empty if they hold.
std::string CheckNumber(int64_t value, const api::FieldRules& rules);

// The rules that stand on a field; the empty rules if none do.
const api::FieldRules& RulesOf(const google::protobuf::FieldDescriptor* field);

}  // namespace sluice::manifest
