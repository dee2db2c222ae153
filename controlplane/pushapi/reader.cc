// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/reader.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/manifest/metadata.h"
#include "api/manifest/writer.h"
#include "base/status_macros.h"
#include "controlplane/pushapi/documents.h"
#include "controlplane/pushapi/rejection.h"
#include "controlplane/status/compose.h"
#include "k8s/meta.pb.h"
#include "k8s/secret.pb.h"
#include "sluice/v1alpha1/consumer.pb.h"

namespace sluice::pushapi {
namespace {

// Where kubectl keeps the whole object as it was applied, data included.
constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";

absl::StatusOr<std::shared_ptr<const store::ObjectSet>> CurrentOf(const store::Store& store) {
  std::shared_ptr<const store::ObjectSet> objects = store.Current();
  if (objects == nullptr) {
    return absl::UnavailableError("The registry has not been read yet; try again.");
  }
  return objects;
}

}  // namespace

absl::StatusOr<push::v1::GetResponse> Reader::Get(const Caller& caller,
                                                  const push::v1::GetRequest& request) const {
  SLUICE_ASSIGN_OR_RETURN(const manifest::ObjectKey key, ReadKey(request.key()));
  SLUICE_ASSIGN_OR_RETURN(const std::shared_ptr<const store::ObjectSet> objects, CurrentOf(store_));
  const store::StoredObject* stored = objects->Find(key);
  if (stored == nullptr) {
    return absl::NotFoundError(absl::StrCat("There is no ", key.ToString(), "."));
  }
  push::v1::GetResponse response;
  response.set_json(Show(caller, *stored, status::Liveness(fleet_.View(), cache_.List())));
  return response;
}

absl::StatusOr<push::v1::ListResponse> Reader::List(const Caller& caller,
                                                    const push::v1::ListRequest& request) const {
  SLUICE_ASSIGN_OR_RETURN(const std::shared_ptr<const store::ObjectSet> objects, CurrentOf(store_));
  std::vector<std::string> kinds;
  for (const std::string& name : request.kinds()) {
    SLUICE_ASSIGN_OR_RETURN(std::string kind, ReadKind(name));
    kinds.push_back(std::move(kind));
  }
  if (kinds.empty()) {
    for (const std::string_view kind : objects->Kinds()) kinds.emplace_back(kind);
  }
  const status::Liveness liveness(fleet_.View(), cache_.List());
  push::v1::ListResponse response;
  response.set_revision(objects->revision());
  for (const std::string& kind : kinds) {
    for (const store::StoredObject& stored : objects->OfKind(kind)) {
      const manifest::ObjectKey& key = stored.object->key;
      if (!request.namespace_().empty() && !key.ns.empty() && key.ns != request.namespace_()) {
        continue;
      }
      push::v1::ListItem& item = *response.add_items();
      *item.mutable_key() = ToProto(key);
      item.set_json(Show(caller, stored, liveness));
    }
  }
  return response;
}

std::string Reader::Show(const Caller& caller, const store::StoredObject& stored,
                         const status::Liveness& liveness) const {
  const std::shared_ptr<google::protobuf::Message> body(stored.object->body->New());
  body->CopyFrom(*stored.object->body);
  manifest::MutableMetadata(body.get())->set_resource_version(absl::StrCat(stored.revision));
  if (!caller.may_write) Redact(body.get());
  const std::optional<status::BoardEntry> entry = board_.Find(stored.object->key);
  if (entry.has_value()) {
    status::ComposeStatus(stored.object->key, *entry, &liveness, body.get());
  }
  manifest::Object shown = *stored.object;
  shown.body = body;
  return manifest::ToJson(shown);
}

void Redact(google::protobuf::Message* body) {
  if (auto* secret = dynamic_cast<k8s::Secret*>(body)) {
    secret->clear_data();
    secret->clear_string_data();
    secret->mutable_metadata()->mutable_annotations()->erase(std::string(kLastApplied));
  }
  if (auto* consumer = dynamic_cast<v1alpha1::Consumer*>(body)) {
    for (auto& key : *consumer->mutable_spec()->mutable_api_keys()) key.clear_sha256();
    for (auto& password : *consumer->mutable_spec()->mutable_passwords()) password.clear_hash();
    consumer->mutable_metadata()->mutable_annotations()->erase(std::string(kLastApplied));
  }
}

}  // namespace sluice::pushapi
