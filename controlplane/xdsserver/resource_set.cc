// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/resource_set.h"

#include <utility>

#include "controlplane/xdsserver/content_hash.h"

namespace sluice::xdsserver {
namespace {

bool SameFollows(const std::vector<ResourceRef>& a, const std::vector<ResourceRef>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].type_url != b[i].type_url || a[i].name != b[i].name) return false;
  }
  return true;
}

}  // namespace

const ResourceMap& ResourceSet::OfType(std::string_view type_url) const {
  static const ResourceMap* const kNone = new ResourceMap;
  const auto it = types_.find(type_url);
  return it == types_.end() ? *kNone : it->second;
}

std::string ResourceSet::Version() const { return VersionText(fingerprint_); }

size_t ResourceSet::size() const {
  size_t total = 0;
  for (const auto& [type_url, resources] : types_) total += resources.size();
  return total;
}

ResourceSet::Builder& ResourceSet::Builder::Put(std::string_view type_url, std::string name,
                                                std::string value,
                                                std::vector<ResourceRef> follows) {
  ResourceMap& resources = types_[std::string(type_url)];
  const ResourcePtr* old = resources.Find(name);
  // The bytes are compared, not their hashes: they are at hand.
  if (old != nullptr && *(*old)->value == value && SameFollows((*old)->follows, follows)) {
    return *this;
  }
  resources = resources.With(MakeResource(std::move(name), std::move(value), std::move(follows)));
  return *this;
}

ResourceSet::Builder& ResourceSet::Builder::Remove(std::string_view type_url,
                                                   std::string_view name) {
  const auto it = types_.find(type_url);
  if (it != types_.end()) it->second = it->second.Without(name);
  return *this;
}

ResourceSet::Builder& ResourceSet::Builder::RemoveType(std::string_view type_url) {
  const auto it = types_.find(type_url);
  if (it != types_.end()) types_.erase(it);
  return *this;
}

ResourceSet::Builder& ResourceSet::Builder::RetainIf(
    std::string_view type_url, absl::FunctionRef<bool(std::string_view name)> keep) {
  const auto it = types_.find(type_url);
  if (it == types_.end()) return *this;
  const ResourceMap before = it->second;
  before.ForEach([&](const ResourcePtr& resource) {
    if (!keep(resource->name)) it->second = it->second.Without(resource->name);
  });
  return *this;
}

ResourceSet ResourceSet::Builder::Build() const {
  ResourceSet set;
  std::string summary;
  for (const auto& [type_url, resources] : types_) {
    // A type without resources is as good as absent, so it must not change the version.
    if (resources.empty()) continue;
    set.types_.emplace(type_url, resources);
    summary += type_url;
    summary += '\n';
    summary += VersionText(resources.fingerprint());
  }
  if (!summary.empty()) set.fingerprint_ = ContentHash(summary);
  return set;
}

}  // namespace sluice::xdsserver
