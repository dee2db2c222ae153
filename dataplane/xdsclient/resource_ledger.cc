// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/resource_ledger.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"

namespace sluice::xdsclient {
namespace {

// FNV-1a, then a mix so that the sum of many is as good as one. No seed: other proxies must get the
// same.
uint64_t HashOf(ResourceType type, std::string_view name, const RawResource& resource) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;
  };
  add(TypeName(type));
  add(name);
  add(resource.version);
  // All static ones have the same version.
  if (resource.version == "static") add(resource.body);
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}

}  // namespace

void RawResource::Note(Notes said) {
  const bool empty = said.findings.empty() && said.references.empty() && !said.reads_files;
  notes = empty ? nullptr : std::make_unique<const Notes>(std::move(said));
}

const RawResource::Notes& RawResource::AllNotes() const {
  static const auto* const kNothing = new Notes;
  return notes == nullptr ? *kNothing : *notes;
}

ResourceType TypeOf(compile::Reference::Kind kind) {
  switch (kind) {
    case compile::Reference::Kind::kEndpoints:
      return ResourceType::kEndpoints;
    case compile::Reference::Kind::kRoutes:
      return ResourceType::kRoutes;
    case compile::Reference::Kind::kSecret:
      return ResourceType::kSecret;
  }
  return ResourceType::kSecret;
}

const RawResource* ResourceLedger::Find(ResourceType type, const std::string& name) const {
  const auto& resources = all(type);
  const auto it = resources.find(name);
  return it == resources.end() ? nullptr : &it->second;
}

void ResourceLedger::Put(ResourceType type, const std::string& name, RawResource resource) {
  const auto [it, is_new] = At(resources_, type).try_emplace(name);
  if (!is_new) hash_ -= HashOf(type, name, it->second);
  if (it->second.findings() != resource.findings()) ++findings_revision_;
  SetReferences({type, name}, it->second.references(), resource.references());
  it->second = std::move(resource);
  hash_ += HashOf(type, name, it->second);
}

void ResourceLedger::SetVersion(ResourceType type, const std::string& name, std::string version) {
  RawResource& kept = At(resources_, type).at(name);
  hash_ -= HashOf(type, name, kept);
  kept.version = std::move(version);
  hash_ += HashOf(type, name, kept);
}

void ResourceLedger::Erase(ResourceType type, const std::string& name) {
  auto& resources = At(resources_, type);
  const auto it = resources.find(name);
  if (it == resources.end()) return;
  hash_ -= HashOf(type, name, it->second);
  if (!it->second.findings().empty()) ++findings_revision_;
  SetReferences({type, name}, it->second.references(), {});
  resources.erase(it);
}

const std::map<ResourceLedger::Owner, compile::ResourceSource>& ResourceLedger::SourcesOf(
    ResourceType type, const std::string& name) const {
  static const auto* const kNone = new std::map<Owner, compile::ResourceSource>;
  const auto it = sources_.find({type, name});
  return it == sources_.end() ? *kNone : it->second;
}

compile::ResourceSource ResourceLedger::SourceOf(ResourceType type, const std::string& name) const {
  const auto& sources = SourcesOf(type, name);
  return sources.empty() ? compile::ResourceSource() : sources.begin()->second;
}

void ResourceLedger::SetReferences(const Owner& owner,
                                   const std::vector<compile::Reference>& before,
                                   const std::vector<compile::Reference>& after) {
  std::map<std::pair<ResourceType, std::string>, compile::ResourceSource> old_sources;
  for (const auto* references : {&before, &after}) {
    for (const compile::Reference& reference : *references) {
      const ResourceType type = TypeOf(reference.kind);
      old_sources.try_emplace({type, reference.name}, SourceOf(type, reference.name));
    }
  }
  for (const compile::Reference& reference : before) {
    const auto it = sources_.find({TypeOf(reference.kind), reference.name});
    if (it == sources_.end()) continue;  // It was named twice.
    it->second.erase(owner);
    if (it->second.empty()) sources_.erase(it);
  }
  for (const compile::Reference& reference : after) {
    sources_[{TypeOf(reference.kind), reference.name}][owner] = reference.source;
  }
  for (const auto& [key, source] : old_sources) {
    if (SourceOf(key.first, key.second) != source) At(moved_, key.first).insert(key.second);
  }
}

std::string ResourceLedger::content_hash() const { return absl::StrFormat("%016x", hash_); }

}  // namespace sluice::xdsclient
