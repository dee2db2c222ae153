// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <memory>
#include <string>

#include "api/manifest/origin.h"
#include "google/protobuf/message.h"

namespace sluice::manifest {

// Names one object. Kind names are unique over API groups here, so the group is not part of it.
struct ObjectKey {
  std::string kind;
  std::string ns;  // empty for cluster-scoped kinds
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;

  // "HTTPRoute shop/checkout", "GatewayClass sluice".
  std::string ToString() const;

  template <typename H>
  friend H AbslHashValue(H h, const ObjectKey& key) {
    return H::combine(std::move(h), key.kind, key.ns, key.name);
  }
};

// One object as its manifest gave it.
//
// `body` is one of the kinds of kinds.h, fully typed and valid alone: every rule that needs no
// other object holds. metadata.namespace is filled in, defaults are not; a Secret's stringData has
// been moved to its data.
struct Object {
  ObjectKey key;
  std::shared_ptr<const google::protobuf::Message> body;
  Origin origin;
  // The line of each field; null for an object that no text was read for.
  std::shared_ptr<const FieldOrigins> fields;
};

}  // namespace sluice::manifest
