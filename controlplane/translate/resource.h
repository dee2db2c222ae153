// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/xdsserver/resource_map.h"

namespace sluice::translate {

// One xDS resource, ready for a ResourceSet.
struct Resource {
  std::string_view type_url;
  std::string name;
  std::string value;
  std::vector<xdsserver::ResourceRef> follows;
};

}  // namespace sluice::translate
