// SPDX-License-Identifier: Apache-2.0
#include "api/support/support_walk.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/wrappers.pb.h"
#include "sluice/annotations.pb.h"

namespace sluice::support {
namespace {

using google::protobuf::Any;
using google::protobuf::BoolValue;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;
using google::protobuf::UnknownFieldSet;

// Adds a segment to the path for as long as it lives.
class PathSegment {
 public:
  PathSegment(std::string& path, std::string_view name) : path_(path), size_(path.size()) {
    if (!path_.empty()) path_ += '.';
    path_ += name;
  }
  PathSegment(std::string& path, int index) : path_(path), size_(path.size()) {
    path_ += '[' + std::to_string(index) + ']';
  }
  PathSegment(const PathSegment&) = delete;
  PathSegment& operator=(const PathSegment&) = delete;
  ~PathSegment() { path_.resize(size_); }

 private:
  std::string& path_;
  const size_t size_;
};

// The key as it stands in a path: strings in quotes, with "?" for what would break a line.
std::string KeyText(const Message& entry) {
  const FieldDescriptor* key = entry.GetDescriptor()->map_key();
  const Reflection& reflection = *entry.GetReflection();
  switch (key->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text = "[\"";
      for (unsigned char c : reflection.GetString(entry, key)) text += c < 0x20 ? '?' : char(c);
      return text + "\"]";
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(entry, key) ? "[true]" : "[false]";
    case FieldDescriptor::CPPTYPE_INT32:
      return '[' + std::to_string(reflection.GetInt32(entry, key)) + ']';
    case FieldDescriptor::CPPTYPE_INT64:
      return '[' + std::to_string(reflection.GetInt64(entry, key)) + ']';
    case FieldDescriptor::CPPTYPE_UINT32:
      return '[' + std::to_string(reflection.GetUInt32(entry, key)) + ']';
    default:
      return '[' + std::to_string(reflection.GetUInt64(entry, key)) + ']';
  }
}

// True where a boolean asks for what happens anyway.
bool AsksForNothing(const Message& message, const FieldDescriptor* field) {
  if (field->is_repeated()) return false;
  const bool inert = field->options().GetExtension(api::inert);
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    return message.GetReflection()->GetBool(message, field) == inert;
  }
  if (field->message_type() != BoolValue::descriptor()) return false;
  const Message& wrapper = message.GetReflection()->GetMessage(message, field);
  return static_cast<const BoolValue&>(wrapper).value() == inert;
}

class Walk {
 public:
  explicit Walk(const AnyResolver& resolve) : resolve_(resolve) {}

  void Visit(const Message& message);
  std::vector<FieldFinding> Take() { return std::move(findings_); }

 private:
  void VisitField(const Message& message, const FieldDescriptor* field);
  void VisitEnums(const Message& message, const FieldDescriptor* field);
  void VisitEnum(const FieldDescriptor* field, int number);
  void VisitMap(const Message& message, const FieldDescriptor* field);
  void VisitUnknown(const Message& message);
  void VisitAny(const Any& any);
  // Reports `support` unless it says implemented; true if it did.
  bool Report(api::Support support, std::string subject);
  void Add(FieldFault fault, std::string path, std::string subject, int number = 0);

  const AnyResolver& resolve_;
  std::string path_;
  int depth_ = 0;
  std::vector<FieldFinding> findings_;
};

void Walk::Add(FieldFault fault, std::string path, std::string subject, int number) {
  if (findings_.size() >= kMaxFindings) return;
  findings_.push_back({fault, std::move(path), std::move(subject), number});
}

bool Walk::Report(api::Support support, std::string subject) {
  if (support == api::SUPPORT_UNSPECIFIED) return false;
  Add(support == api::LISTED ? FieldFault::kListed : FieldFault::kRefused, path_,
      std::move(subject));
  return true;
}

void Walk::Visit(const Message& message) {
  if (findings_.size() >= kMaxFindings) return;
  const Descriptor& type = *message.GetDescriptor();
  if (depth_ >= kMaxDepth) {
    Add(FieldFault::kTooDeep, path_, type.full_name());
    return;
  }
  if (Report(type.options().GetExtension(api::message_support), type.full_name())) return;

  ++depth_;
  if (&type == Any::descriptor()) {
    VisitAny(static_cast<const Any&>(message));
  } else {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) VisitField(message, field);
  }
  VisitUnknown(message);
  --depth_;
}

void Walk::VisitAny(const Any& any) {
  if (!resolve_) return;
  // The Any's own path: a typed_config reads as if it were the message it holds.
  if (const std::unique_ptr<Message> held = resolve_(any)) Visit(*held);
}

void Walk::VisitUnknown(const Message& message) {
  const UnknownFieldSet& unknown = message.GetReflection()->GetUnknownFields(message);
  std::set<int> numbers;
  for (int i = 0; i < unknown.field_count() && findings_.size() < kMaxFindings; ++i) {
    const int number = unknown.field(i).number();
    if (!numbers.insert(number).second) continue;
    const std::string name = "#" + std::to_string(number);
    Add(FieldFault::kUnknownField, path_.empty() ? name : path_ + '.' + name,
        message.GetDescriptor()->full_name() + '.' + name, number);
  }
}

void Walk::VisitField(const Message& message, const FieldDescriptor* field) {
  const PathSegment segment(path_, field->name());
  const api::Support support = field->options().GetExtension(api::support);
  if (support != api::SUPPORT_UNSPECIFIED) {
    if (!AsksForNothing(message, field)) Report(support, field->full_name());
    return;
  }
  if (field->is_map()) {
    VisitMap(message, field);
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    VisitEnums(message, field);
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const Reflection& reflection = *message.GetReflection();
    if (!field->is_repeated()) return Visit(reflection.GetMessage(message, field));
    const int size = reflection.FieldSize(message, field);
    for (int i = 0; i < size && findings_.size() < kMaxFindings; ++i) {
      const PathSegment element(path_, i);
      Visit(reflection.GetRepeatedMessage(message, field, i));
    }
  }
}

void Walk::VisitEnums(const Message& message, const FieldDescriptor* field) {
  const Reflection& reflection = *message.GetReflection();
  if (!field->is_repeated()) return VisitEnum(field, reflection.GetEnumValue(message, field));
  const int size = reflection.FieldSize(message, field);
  for (int i = 0; i < size; ++i) {
    const PathSegment element(path_, i);
    VisitEnum(field, reflection.GetRepeatedEnumValue(message, field, i));
  }
}

void Walk::VisitEnum(const FieldDescriptor* field, int number) {
  const EnumValueDescriptor* value = field->enum_type()->FindValueByNumber(number);
  if (value == nullptr) {
    Add(FieldFault::kUnknownEnumValue, path_,
        field->enum_type()->full_name() + '.' + std::to_string(number), number);
    return;
  }
  // An enum value's full name leaves out its enum, as in C++.
  Report(value->options().GetExtension(api::value_support),
         field->enum_type()->full_name() + '.' + value->name());
}

void Walk::VisitMap(const Message& message, const FieldDescriptor* field) {
  const FieldDescriptor* value = field->message_type()->map_value();
  if (value->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
  const Reflection& reflection = *message.GetReflection();
  std::vector<std::pair<std::string, const Message*>> entries;
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, field, i);
    entries.emplace_back(KeyText(entry), &entry);
  }
  std::sort(entries.begin(), entries.end());
  const size_t size = path_.size();
  for (const auto& [key, entry] : entries) {
    path_ += key;
    Visit(entry->GetReflection()->GetMessage(*entry, value));
    path_.resize(size);
  }
}

}  // namespace

std::vector<FieldFinding> WalkSupport(const Message& message, const AnyResolver& resolve) {
  Walk walk(resolve);
  walk.Visit(message);
  return walk.Take();
}

std::unique_ptr<Message> UnpackLinked(const Any& any) {
  std::string name;
  if (!Any::ParseAnyTypeUrl(any.type_url(), &name)) return nullptr;
  const Descriptor* type = DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) return nullptr;
  const Message* prototype = MessageFactory::generated_factory()->GetPrototype(type);
  if (prototype == nullptr) return nullptr;
  std::unique_ptr<Message> message(prototype->New());
  if (!message->ParseFromString(any.value())) return nullptr;
  return message;
}

}  // namespace sluice::support
