// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "dataplane/compile/context.h"
#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {

// A resource as it was taken, for dumps and for the disk.
struct RawResource {
  std::string version;
  std::string body;
  std::vector<compile::Finding> findings;  // Fields that it sets and we do not implement.
  int64_t taken_wall_ns = 0;
};

// A ResourceLedger holds what is accepted now, as it came, and a hash of it all.
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

  // The same resources and versions give the same, on every proxy and in whatever order they came.
  std::string content_hash() const;

 private:
  template <typename T>
  static T& At(T (&by_type)[kResourceTypes], ResourceType type) {
    return by_type[static_cast<size_t>(type)];
  }

  std::map<std::string, RawResource> resources_[kResourceTypes];
  absl::flat_hash_set<std::string> static_[kResourceTypes];
  uint64_t hash_ = 0;  // Sum of those of all.
};

}  // namespace sluice::xdsclient
