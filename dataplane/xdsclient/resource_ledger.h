// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "dataplane/compile/context.h"
#include "dataplane/compile/reference.h"
#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {

// A resource as it was taken, for dumps and for the disk.
struct RawResource {
  // What few resources have anything of.
  struct Notes {
    std::vector<compile::Finding> findings;  // Fields that it sets and we do not implement.
    // What it refers to that does not come over the aggregated stream.
    std::vector<compile::Reference> references;
    bool reads_files = false;  // What it says depends on files.
  };

  std::string version;
  std::string body;
  std::unique_ptr<const Notes> notes;  // Null: nothing is noted.
  int64_t taken_wall_ns = 0;

  void Note(Notes said);
  const std::vector<compile::Finding>& findings() const { return AllNotes().findings; }
  const std::vector<compile::Reference>& references() const { return AllNotes().references; }
  bool reads_files() const { return AllNotes().reads_files; }

 private:
  const Notes& AllNotes() const;
};

// The resource type of what a reference means.
ResourceType TypeOf(compile::Reference::Kind kind);

// A ResourceLedger holds what is accepted now, as it came, a hash of it all, and who serves what it
// refers to.
//
// Thread:   main.
// Limits:   an entry costs the hash of itself; nothing here walks over all of them.
class ResourceLedger {
 public:
  // Null: there is none.
  const RawResource* Find(ResourceType type, const std::string& name) const;
  void Put(ResourceType type, const std::string& name, RawResource resource);
  // The same, said anew.
  void SetVersion(ResourceType type, const std::string& name, std::string version);
  void Erase(ResourceType type, const std::string& name);

  // Static ones are not the control plane's to change.
  void MarkStatic(ResourceType type, const std::string& name) { At(static_, type).insert(name); }
  bool is_static(ResourceType type, const std::string& name) const {
    return static_[static_cast<size_t>(type)].contains(name);
  }

  // In name order.
  const std::map<std::string, RawResource>& all(ResourceType type) const {
    return resources_[static_cast<size_t>(type)];
  }

  // Who serves a name, and by whose word, where it is not the aggregated stream.
  using Owner = std::pair<ResourceType, std::string>;
  const std::map<Owner, compile::ResourceSource>& SourcesOf(ResourceType type,
                                                            const std::string& name) const;
  compile::ResourceSource SourceOf(ResourceType type, const std::string& name) const;
  // Names of this type that have another source since this was last asked.
  std::set<std::string> TakeMoved(ResourceType type) { return std::exchange(At(moved_, type), {}); }

  // Rises whenever the findings of some resource become others.
  uint64_t findings_revision() const { return findings_revision_; }

  // The same resources and versions give the same, on every proxy and in whatever order they came.
  std::string content_hash() const;

 private:
  template <typename T>
  static T& At(T (&by_type)[kResourceTypes], ResourceType type) {
    return by_type[static_cast<size_t>(type)];
  }

  // Replaces what `owner` says of sources.
  void SetReferences(const Owner& owner, const std::vector<compile::Reference>& before,
                     const std::vector<compile::Reference>& after);

  std::map<std::string, RawResource> resources_[kResourceTypes];
  absl::flat_hash_set<std::string> static_[kResourceTypes];
  std::map<std::pair<ResourceType, std::string>, std::map<Owner, compile::ResourceSource>> sources_;
  std::set<std::string> moved_[kResourceTypes];
  uint64_t hash_ = 0;  // Sum of those of all.
  uint64_t findings_revision_ = 0;
};

}  // namespace sluice::xdsclient
