// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/stamp.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/manifest/metadata.h"
#include "api/manifest/writer.h"
#include "google/protobuf/message.h"
#include "k8s/meta.pb.h"

namespace sluice::pushapi {
namespace {

std::shared_ptr<google::protobuf::Message> StrippedBody(const google::protobuf::Message& body) {
  std::shared_ptr<google::protobuf::Message> copy(body.New());
  copy->CopyFrom(body);
  const auto* status = copy->GetDescriptor()->FindFieldByName("status");
  if (status != nullptr) copy->GetReflection()->ClearField(copy.get(), status);
  k8s::ObjectMeta& meta = *manifest::MutableMetadata(copy.get());
  meta.clear_self_link();
  meta.clear_uid();
  meta.clear_resource_version();
  meta.clear_generation();
  meta.clear_creation_timestamp();
  meta.clear_deletion_timestamp();
  meta.clear_deletion_grace_period_seconds();
  return copy;
}

// True if the two differ in more than metadata: that is a new generation.
bool SpecDiffers(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  const std::shared_ptr<google::protobuf::Message> left = StrippedBody(a);
  const std::shared_ptr<google::protobuf::Message> right = StrippedBody(b);
  manifest::MutableMetadata(left.get())->Clear();
  manifest::MutableMetadata(right.get())->Clear();
  return manifest::MessageToJson(*left) != manifest::MessageToJson(*right);
}

}  // namespace

absl::StatusOr<manifest::Object> Stamp(const manifest::Object& given,
                                       const manifest::Object* before,
                                       registry::Revision before_revision, absl::Time now) {
  const std::string& wanted = manifest::FindMetadata(*given.body)->resource_version();
  if (!wanted.empty() && wanted != absl::StrCat(before_revision)) {
    return absl::AbortedError(absl::StrCat(
        given.key.ToString(), ": metadata.resourceVersion is ", wanted, ", but the stored object ",
        before == nullptr ? "is gone" : absl::StrCat("is at ", before_revision),
        ": get it again, or leave the field out to overwrite whatever is there."));
  }
  manifest::Object out = given;
  const std::shared_ptr<google::protobuf::Message> body = StrippedBody(*given.body);
  k8s::ObjectMeta& meta = *manifest::MutableMetadata(body.get());
  if (before == nullptr) {
    meta.mutable_creation_timestamp()->set_seconds(absl::ToUnixSeconds(now));
    meta.set_generation(1);
  } else {
    const k8s::ObjectMeta& old = *manifest::FindMetadata(*before->body);
    if (old.has_creation_timestamp()) {
      *meta.mutable_creation_timestamp() = old.creation_timestamp();
    }
    meta.set_generation(old.generation() + (SpecDiffers(*before->body, *given.body) ? 1 : 0));
  }
  out.body = body;
  return out;
}

manifest::Object Unstamp(const manifest::Object& object) {
  manifest::Object out = object;
  out.body = StrippedBody(*object.body);
  return out;
}

}  // namespace sluice::pushapi
