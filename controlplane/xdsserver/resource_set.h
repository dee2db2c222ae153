// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "controlplane/xdsserver/resource_map.h"

namespace sluice::xdsserver {

// ResourceSet is all that the proxies of one Gateway are to serve: type URL, name, resource.
//
// It is built by the translator, and what it says is never changed: an update is a new set built
// from the last one, which shares everything that stayed the same. It does not know what is in the
// bytes.
//
// Thread:   immutable, any.
// Lifetime: a value; copies share.
// Errors:   none.
// Limits:   none of its own.
class ResourceSet {
 public:
  class Builder;

  ResourceSet() = default;

  // The resources of a type; an empty map for a type that is not there.
  [[nodiscard]] const ResourceMap& OfType(std::string_view type_url) const;

  // The hash of everything in the set, as sixteen hex digits: the snapshot's name everywhere.
  [[nodiscard]] std::string Version() const;
  [[nodiscard]] uint64_t fingerprint() const { return fingerprint_; }

  [[nodiscard]] const std::map<std::string, ResourceMap, std::less<>>& types() const {
    return types_;
  }
  [[nodiscard]] size_t size() const;

 private:
  std::map<std::string, ResourceMap, std::less<>> types_;
  uint64_t fingerprint_ = 0;
};

// Builds a set, from nothing or from another set.
//
// Thread: one at a time.
class ResourceSet::Builder {
 public:
  Builder() = default;
  explicit Builder(const ResourceSet& base) : types_(base.types_) {}

  // `value` is the serialized message. A resource whose bytes stay the same stays shared. `follows`
  // are what its reader asks for next: give a Cluster its ClusterLoadAssignment (where the names
  // differ; the same name is found without), a Listener its RouteConfigurations.
  Builder& Put(std::string_view type_url, std::string name, std::string value,
               std::vector<ResourceRef> follows = {});
  Builder& Remove(std::string_view type_url, std::string_view name);
  Builder& RemoveType(std::string_view type_url);

  // Removes every resource of a type that `keep` does not want.
  Builder& RetainIf(std::string_view type_url, absl::FunctionRef<bool(std::string_view name)> keep);

  [[nodiscard]] ResourceSet Build() const;

 private:
  std::map<std::string, ResourceMap, std::less<>> types_;
};

}  // namespace sluice::xdsserver
