// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/metadata.h"

namespace sluice::manifest {
namespace {

const google::protobuf::FieldDescriptor* MetadataField(const google::protobuf::Message& body) {
  const auto* field = body.GetDescriptor()->FindFieldByName("metadata");
  const bool is_metadata =
      field != nullptr && field->message_type() == k8s::ObjectMeta::descriptor();
  return is_metadata ? field : nullptr;
}

}  // namespace

const k8s::ObjectMeta* FindMetadata(const google::protobuf::Message& body) {
  const auto* field = MetadataField(body);
  if (field == nullptr || !body.GetReflection()->HasField(body, field)) return nullptr;
  return static_cast<const k8s::ObjectMeta*>(&body.GetReflection()->GetMessage(body, field));
}

k8s::ObjectMeta* MutableMetadata(google::protobuf::Message* body) {
  const auto* field = MetadataField(*body);
  if (field == nullptr) return nullptr;
  return static_cast<k8s::ObjectMeta*>(body->GetReflection()->MutableMessage(body, field));
}

}  // namespace sluice::manifest
