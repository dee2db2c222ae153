// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/defaults.h"

#include "api/manifest/scalar_reader.h"
#include "api/manifest/special_reader.h"

namespace sluice::manifest {
namespace {

using Field = google::protobuf::FieldDescriptor;

// A default's text as the value of a field that is no message: the field's type says how.
Node AsNode(const Field* field, std::string_view text) {
  Node node;
  node.text = text;
  switch (field->cpp_type()) {
    case Field::CPPTYPE_STRING:
      node.type = NodeType::kString;
      break;
    case Field::CPPTYPE_BOOL:
      node.type = NodeType::kBool;
      break;
    default:
      node.type = NodeType::kInt;
  }
  return node;
}

bool IsAbsent(const google::protobuf::Message& message, const Field* field) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  if (field->is_repeated()) return reflection->FieldSize(message, field) == 0;
  return !reflection->HasField(message, field);
}

void SetDefault(const Field* field, const api::FieldRules& rules,
                google::protobuf::Message* message) {
  const google::protobuf::Reflection* reflection = message->GetReflection();
  if (field->cpp_type() != Field::CPPTYPE_MESSAGE) {
    ScalarValue value;
    const Node node = AsNode(field, rules.default_value());
    if (ReadScalar(node, field, rules, &value).empty()) {
      StoreScalar(std::move(value), field, message);
    }
    return;
  }
  google::protobuf::Message* inner = field->is_repeated()
                                         ? reflection->AddMessage(message, field)
                                         : reflection->MutableMessage(message, field);
  if (IsSpecial(field->message_type())) SetSpecial(rules.default_value(), inner);
}

// An empty string is a default of its own only where absence can be told from it.
bool HasDefault(const Field* field, const api::FieldRules& rules) {
  return !rules.default_value().empty() ||
         (field->has_optional_keyword() && field->cpp_type() == Field::CPPTYPE_STRING &&
          rules.has_default_value());
}

void FillField(const Field* field, google::protobuf::Message* message) {
  const google::protobuf::Reflection* reflection = message->GetReflection();
  const api::FieldRules& rules = RulesOf(field);
  if (HasDefault(field, rules) && IsAbsent(*message, field)) SetDefault(field, rules, message);
  if (field->cpp_type() != Field::CPPTYPE_MESSAGE || field->is_map() ||
      IsSpecial(field->message_type())) {
    return;
  }
  if (field->is_repeated()) {
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      FillDefaults(reflection->MutableRepeatedMessage(message, field, i));
    }
  } else if (reflection->HasField(*message, field)) {
    FillDefaults(reflection->MutableMessage(message, field));
  }
}

}  // namespace

void FillDefaults(google::protobuf::Message* message) {
  const google::protobuf::Descriptor* type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) FillField(type->field(i), message);
}

}  // namespace sluice::manifest
