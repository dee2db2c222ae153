// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/writer.h"

#include <map>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/kinds.h"
#include "api/manifest/scalar_reader.h"
#include "api/manifest/special_reader.h"
#include "api/manifest/value_sink.h"
#include "api/manifest/values.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "k8s/meta.pb.h"

namespace sluice::manifest {
namespace {

using google::protobuf::Message;
using Field = google::protobuf::FieldDescriptor;

void WriteMessage(const Message& message, ValueSink& sink);

// `index` is -1 for a singular field.
void WriteScalar(const Message& message, const Field* field, int index, ValueSink& sink) {
  const google::protobuf::Reflection* from = message.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case Field::CPPTYPE_STRING: {
      const std::string text =
          one ? from->GetString(message, field) : from->GetRepeatedString(message, field, index);
      return sink.Text(field->type() == Field::TYPE_BYTES ? absl::Base64Escape(text) : text);
    }
    case Field::CPPTYPE_BOOL: {
      const bool value =
          one ? from->GetBool(message, field) : from->GetRepeatedBool(message, field, index);
      return sink.Bare(value ? "true" : "false");
    }
    case Field::CPPTYPE_INT32:
      return sink.Bare(absl::StrCat(one ? from->GetInt32(message, field)
                                        : from->GetRepeatedInt32(message, field, index)));
    case Field::CPPTYPE_UINT32:
      return sink.Bare(absl::StrCat(one ? from->GetUInt32(message, field)
                                        : from->GetRepeatedUInt32(message, field, index)));
    case Field::CPPTYPE_INT64:
      return sink.Bare(absl::StrCat(one ? from->GetInt64(message, field)
                                        : from->GetRepeatedInt64(message, field, index)));
    default:
      return;
  }
}

void WriteSpecial(const Message& message, ValueSink& sink) {
  const google::protobuf::Descriptor* type = message.GetDescriptor();
  if (type == google::protobuf::Duration::descriptor()) {
    const auto& duration = static_cast<const google::protobuf::Duration&>(message);
    return sink.Text(WriteDuration(FromProto(duration)));
  }
  if (type == google::protobuf::Timestamp::descriptor()) {
    return sink.Text(WriteTimestamp(static_cast<const google::protobuf::Timestamp&>(message)));
  }
  if (type == k8s::Quantity::descriptor()) {
    const int64_t value = static_cast<const k8s::Quantity&>(message).value();
    const std::string text = WriteQuantity(value);
    // A size without a suffix is a number.
    return text.find('i') == std::string::npos ? sink.Bare(text) : sink.Text(text);
  }
  const auto& either = static_cast<const k8s::IntOrString&>(message);
  if (either.has_string_value()) return sink.Text(either.string_value());
  sink.Bare(absl::StrCat(either.int_value()));
}

void WriteMap(const Message& message, const Field* field, ValueSink& sink) {
  const google::protobuf::Reflection* from = message.GetReflection();
  const Field* key_field = field->message_type()->map_key();
  const Field* value_field = field->message_type()->map_value();
  std::map<std::string, const Message*> sorted;
  for (int i = 0; i < from->FieldSize(message, field); ++i) {
    const Message& entry = from->GetRepeatedMessage(message, field, i);
    sorted[entry.GetReflection()->GetString(entry, key_field)] = &entry;
  }
  sink.StartMap(sorted.empty());
  for (const auto& [key, entry] : sorted) {
    sink.Key(key);
    WriteScalar(*entry, value_field, -1, sink);
  }
  sink.End();
}

void WriteList(const Message& message, const Field* field, ValueSink& sink) {
  const google::protobuf::Reflection* from = message.GetReflection();
  const int size = from->FieldSize(message, field);
  sink.StartList(size == 0);
  for (int i = 0; i < size; ++i) {
    if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
      WriteMessage(from->GetRepeatedMessage(message, field, i), sink);
    } else {
      WriteScalar(message, field, i, sink);
    }
  }
  sink.End();
}

// What is written: whatever is set, and required fields even where their value is the zero that
// proto3 cannot tell from absence (group: "" is Kubernetes' core group).
std::vector<const Field*> WrittenFields(const Message& message) {
  const google::protobuf::Descriptor* type = message.GetDescriptor();
  const google::protobuf::Reflection* from = message.GetReflection();
  std::vector<const Field*> fields;
  for (int i = 0; i < type->field_count(); ++i) {
    const Field* field = type->field(i);
    const bool is_set =
        field->is_repeated() ? from->FieldSize(message, field) > 0 : from->HasField(message, field);
    const bool is_required_zero = RulesOf(field).required() &&
                                  field->cpp_type() != Field::CPPTYPE_MESSAGE &&
                                  !field->is_repeated();
    if (is_set || is_required_zero) fields.push_back(field);
  }
  return fields;
}

void WriteFields(const Message& message, const std::vector<const Field*>& fields, ValueSink& sink) {
  for (const Field* field : fields) {
    sink.Key(field->json_name());
    if (field->is_map()) {
      WriteMap(message, field, sink);
    } else if (field->is_repeated()) {
      WriteList(message, field, sink);
    } else if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
      WriteMessage(message.GetReflection()->GetMessage(message, field), sink);
    } else {
      WriteScalar(message, field, -1, sink);
    }
  }
}

void WriteMessage(const Message& message, ValueSink& sink) {
  if (IsSpecial(message.GetDescriptor())) return WriteSpecial(message, sink);
  const std::vector<const Field*> fields = WrittenFields(message);
  sink.StartMap(fields.empty());
  WriteFields(message, fields, sink);
  sink.End();
}

void WriteObject(const Object& object, ValueSink& sink) {
  sink.StartMap(false);
  if (const KindInfo* info = FindKindOf(*object.body); info != nullptr) {
    sink.Key("apiVersion");
    sink.Text(info->ApiVersion());
    sink.Key("kind");
    sink.Text(info->kind);
  }
  WriteFields(*object.body, WrittenFields(*object.body), sink);
  sink.End();
}

}  // namespace

std::string ToJson(const Object& object) {
  JsonSink sink;
  WriteObject(object, sink);
  return sink.Take();
}

std::string ToYaml(const Object& object) {
  YamlSink sink;
  WriteObject(object, sink);
  return sink.Take();
}

std::string MessageToJson(const Message& message) {
  JsonSink sink;
  WriteMessage(message, sink);
  return sink.Take();
}

}  // namespace sluice::manifest
