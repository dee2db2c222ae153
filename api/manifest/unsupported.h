// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/manifest/object.h"
#include "api/manifest/origin.h"

namespace sluice::manifest {

// The fields that `object` sets but this version does not act on (sluice.api.rules.unsupported),
// each with its place and what is missing. They are no errors of the manifest: resolve turns them
// into conditions, sluicectl into warnings.
std::vector<Problem> FindUnsupported(const Object& object);

}  // namespace sluice::manifest
