// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"

namespace sluice::manifest {

// What is known about one kind of resource.
struct KindInfo {
  std::string_view group;    // empty: Kubernetes' core group
  std::string_view version;  // the one that is written
  // Other versions of the group that are read as the same schema.
  std::vector<std::string_view> also_read;
  std::string_view kind;
  std::string_view plural;  // as in URLs
  bool namespaced = true;
  // Kubernetes' own: in a lenient read its unknown fields are skipped.
  bool core = false;
  const google::protobuf::Message* prototype = nullptr;  // default instance of the kind's message

  // "gateway.networking.k8s.io/v1", "v1".
  std::string ApiVersion() const;
};

// All kinds, in order of group and name.
std::span<const KindInfo> AllKinds();

// The kind that a manifest's apiVersion and kind name, or null.
const KindInfo* FindKind(std::string_view api_version, std::string_view kind);

// By kind name alone ("HTTPRoute"), by plural ("httproutes"), or by message; or null.
const KindInfo* FindKindByName(std::string_view kind);
const KindInfo* FindKindByPlural(std::string_view plural);
const KindInfo* FindKindOf(const google::protobuf::Message& body);

// Why FindKind(api_version, kind) is null, as a sentence that names what is near.
std::string ExplainUnknownKind(std::string_view api_version, std::string_view kind);

}  // namespace sluice::manifest
