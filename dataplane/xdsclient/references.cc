// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/references.h"

#include "absl/strings/str_cat.h"

namespace sluice::xdsclient {
namespace {

using Kind = compile::ResourceSource::Kind;

ResourceType TypeOf(const compile::Reference& reference) {
  switch (reference.kind) {
    case compile::Reference::Kind::kEndpoints:
      return ResourceType::kEndpoints;
    case compile::Reference::Kind::kRoutes:
      return ResourceType::kRoutes;
    case compile::Reference::Kind::kSecret:
      break;
  }
  return ResourceType::kSecret;
}

}  // namespace

absl::Status References::Check(ResourceType type, const std::string& owner,
                               const std::vector<compile::Reference>& references) const {
  for (const compile::Reference& reference : references) {
    const ResourceType wanted = TypeOf(reference);
    const compile::ResourceSource& source = reference.source;
    const auto refused = [&](const auto&... text) {
      return absl::InvalidArgumentError(absl::StrCat(TypeName(type), " \"", owner, "\": the ",
                                                     TypeName(wanted), " \"", reference.name, "\" ",
                                                     text...));
    };
    if (source.kind == Kind::kStatic && !is_static_(wanted, reference.name)) {
      return refused("has no source, and is not among static_resources.secrets");
    }
    if (source.kind == Kind::kServer && !is_static_(ResourceType::kCluster, source.cluster)) {
      return refused("comes from the cluster \"", source.cluster,
                     "\", which is not among static_resources.clusters");
    }
    if (source.kind == Kind::kAds) continue;
    const auto it = names_.find({wanted, reference.name});
    if (it == names_.end() || it->second.source == source) continue;
    for (const Key& other : it->second.owners) {
      if (other == Key{type, owner}) continue;  // It may move its own.
      return refused("has another source in ", TypeName(other.first), " \"", other.second, "\"");
    }
  }
  return absl::OkStatus();
}

void References::Set(ResourceType type, const std::string& owner,
                     std::vector<compile::Reference> references) {
  const Key key{type, owner};
  if (const auto old = by_owner_.find(key); old != by_owner_.end()) {
    for (const compile::Reference& reference : old->second) {
      const auto it = names_.find({TypeOf(reference), reference.name});
      if (it == names_.end()) continue;
      it->second.owners.erase(key);
      if (it->second.owners.empty()) names_.erase(it);
    }
    by_owner_.erase(old);
  }
  std::erase_if(references, [](const compile::Reference& reference) {
    return reference.source.kind == Kind::kAds;
  });
  if (references.empty()) return;
  for (const compile::Reference& reference : references) {
    Name& name = names_[{TypeOf(reference), reference.name}];
    name.source = reference.source;
    name.owners.insert(key);
  }
  by_owner_[key] = std::move(references);
}

compile::ResourceSource References::SourceOf(ResourceType type, const std::string& name) const {
  const auto it = names_.find({type, name});
  return it == names_.end() ? compile::ResourceSource() : it->second.source;
}

}  // namespace sluice::xdsclient
