// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/any.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/struct.pb.h"
#include "udpa/type/v1/typed_struct.pb.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace sluice::compile {
namespace {

using google::protobuf::Any;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

std::unique_ptr<Message> NewMessage(const std::string& type) {
  const Descriptor* found = DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (found == nullptr) return nullptr;
  const Message* prototype = MessageFactory::generated_factory()->GetPrototype(found);
  return prototype == nullptr ? nullptr : std::unique_ptr<Message>(prototype->New());
}

absl::StatusOr<std::string> TypeName(const std::string& url, const CompileContext& context) {
  std::string name;
  if (!Any::ParseAnyTypeUrl(url, &name)) {
    return context.ErrorAt("type_url", absl::StrCat("\"", url, "\" names no type"));
  }
  return name;
}

template <typename TypedStruct>
absl::StatusOr<Extension> FromStruct(const TypedStruct& typed, const CompileContext& context) {
  absl::StatusOr<std::string> type = TypeName(typed.type_url(), context);
  if (!type.ok()) return type.status();
  Extension extension{*type, NewMessage(*type)};
  if (extension.message == nullptr) return extension;
  std::string json;
  auto status = google::protobuf::util::MessageToJsonString(typed.value(), &json);
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  if (status.ok()) {
    status = google::protobuf::util::JsonStringToMessage(json, extension.message.get(), options);
  }
  if (!status.ok()) {
    return context.ErrorAt("value", absl::StrCat("is no ", *type, ": ", status.ToString()));
  }
  return extension;
}

}  // namespace

absl::StatusOr<Extension> OpenAny(const Any& any, const CompileContext& context) {
  absl::StatusOr<std::string> type = TypeName(any.type_url(), context);
  if (!type.ok()) return type.status();
  Extension extension{*type, NewMessage(*type)};
  if (extension.message == nullptr) return extension;
  if (!extension.message->ParseFromString(any.value())) {
    return context.Error(absl::StrCat("the bytes are no ", *type));
  }
  if (const auto* typed = As<xds::type::v3::TypedStruct>(extension)) {
    return FromStruct(*typed, context);
  }
  if (const auto* typed = As<udpa::type::v1::TypedStruct>(extension)) {
    return FromStruct(*typed, context);
  }
  return extension;
}

}  // namespace sluice::compile
