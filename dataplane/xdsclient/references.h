// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "dataplane/compile/reference.h"
#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {

// References knows which resources have others served by somebody else than the aggregated stream.
// A name has one source: two owners that disagree would each be wrong half of the time.
//
// Thread: main.
class References {
 public:
  // Tells whether the bootstrap has a resource of that type and name.
  using IsStatic = std::function<bool(ResourceType, const std::string&)>;

  explicit References(IsStatic is_static) : is_static_(std::move(is_static)) {}

  // Whether `owner` may refer to these.
  // Errors: kInvalidArgument naming owner, name and rule.
  absl::Status Check(ResourceType type, const std::string& owner,
                     const std::vector<compile::Reference>& references) const;

  // Takes what `owner` refers to now, instead of what it did.
  void Set(ResourceType type, const std::string& owner, std::vector<compile::Reference> references);

  // Who serves a name: the aggregated stream, if nobody says otherwise.
  compile::ResourceSource SourceOf(ResourceType type, const std::string& name) const;

 private:
  using Key = std::pair<ResourceType, std::string>;

  struct Name {
    compile::ResourceSource source;
    std::set<Key> owners;
  };

  const IsStatic is_static_;
  // What does not come by the aggregated stream: by owner, and by name.
  std::map<Key, std::vector<compile::Reference>> by_owner_;
  std::map<Key, Name> names_;
};

}  // namespace sluice::xdsclient
