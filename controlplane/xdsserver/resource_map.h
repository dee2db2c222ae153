// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"

namespace sluice::xdsserver {

// A resource that the reader of another one will ask for next: a Cluster's ClusterLoadAssignment, a
// Listener's RouteConfiguration or Secret.
struct ResourceRef {
  std::string type_url;
  std::string name;
};

// Resource is one xDS resource, serialized once and shared by every stream that gets it.
//
// Thread: immutable, any.  Lifetime: shared; lives as long as a snapshot or a stream holds it.
struct Resource {
  std::string name;
  uint64_t name_hash = 0;
  // ContentHash of `value`; 0 for "the client has some version that is not ours".
  uint64_t version = 0;
  // The message's bytes, as they stand in Any.value.
  std::shared_ptr<const std::string> value;
  // What its reader asks for next; see ResourceRef. Not part of the version.
  std::vector<ResourceRef> follows;
};
using ResourcePtr = std::shared_ptr<const Resource>;

// Makes a resource whose version is the hash of its bytes.
[[nodiscard]] ResourcePtr MakeResource(std::string name, std::string value,
                                       std::vector<ResourceRef> follows = {});

// Makes the trace of a resource that a client says it has: a name and a version without a value.
[[nodiscard]] ResourcePtr MakeTrace(std::string name, uint64_t version);

// ResourceMap is an immutable map from name to resource: all the resources of one type.
//
// A changed map shares what did not change with the map it came from, so that a snapshot costs what
// differs from the one before, a stream's memory of what it has sent costs nothing when that is a
// snapshot, and comparing two maps costs what differs between them.
//
// It is a trie over the bits of the names' hashes, sixteen ways a level. Invariants:
//   1. A leaf holds at most kLeafSize entries, sorted by name; a branch holds more.
//   2. So the shape depends on the content alone, never on the order of the changes.
//
// Thread:   immutable, any.
// Lifetime: a value; copies share nodes.
// Errors:   none.
// Limits:   none of its own; the translator bounds what it puts in.
class ResourceMap {
 public:
  ResourceMap() = default;

  [[nodiscard]] bool empty() const { return root_ == nullptr; }
  [[nodiscard]] size_t size() const;

  // The sum of the entries' hashes of name and version: equal content, equal fingerprint.
  [[nodiscard]] uint64_t fingerprint() const;

  // Null if there is none. The pointee lives as long as this map.
  [[nodiscard]] const ResourcePtr* Find(std::string_view name) const;

  [[nodiscard]] ResourceMap With(ResourcePtr resource) const;
  [[nodiscard]] ResourceMap Without(std::string_view name) const;

  // Visits in an order that depends on the content alone, not sorted by name.
  void ForEach(absl::FunctionRef<void(const ResourcePtr&)> visit) const;

  // True if both are one and the same tree; false says nothing.
  [[nodiscard]] bool IsSame(const ResourceMap& other) const { return root_ == other.root_; }

  struct Node;
  using NodePtr = std::shared_ptr<const Node>;

  // Visits each name whose version differs: (null, new) added, (old, new) changed, (old, null)
  // gone.
  static void Diff(
      const ResourceMap& from, const ResourceMap& to,
      absl::FunctionRef<void(const ResourcePtr* before, const ResourcePtr* after)> visit);

 private:
  explicit ResourceMap(NodePtr root) : root_(std::move(root)) {}

  NodePtr root_;
};

}  // namespace sluice::xdsserver
