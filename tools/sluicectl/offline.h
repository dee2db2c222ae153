// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/manifest/object.h"
#include "api/manifest/origin.h"
#include "controlplane/store/object_set.h"
#include "tools/sluicectl/input.h"

namespace sluice::sluicectl {

// Manifests read without a control plane, by the code that it runs.
struct OfflineObjects {
  std::vector<manifest::Object> objects;
  std::vector<manifest::Problem> problems;
  std::shared_ptr<const store::ObjectSet> set;
};

OfflineObjects ReadOffline(const std::vector<InputFile>& files, std::string_view default_namespace);

}  // namespace sluice::sluicectl
