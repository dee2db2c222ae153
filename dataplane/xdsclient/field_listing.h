// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/compile/context.h"
#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {

// A FieldListing gathers what resources ask for and do not get, a line for each field, for the
// control plane to show: `envoy...Cluster.foo: in cluster "a" at foo, and 3 more places`.
//
// Thread:   its owner's.
// Lifetime: a value; what it is given need not outlive it.
// Errors:   none.
// Limits:   kMaxLines lines; the last one says how many fields are not named.
class FieldListing {
 public:
  static constexpr size_t kMaxLines = 256;

  void Add(ResourceType type, std::string_view name, const std::vector<compile::Finding>& findings);

  // In the order of the fields' names.
  [[nodiscard]] std::vector<std::string> Lines() const;

 private:
  struct Field {
    std::string first_place;
    size_t places = 0;
  };
  std::map<std::string, Field> fields_;
};

}  // namespace sluice::xdsclient
