// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controlplane/ir/backend.h"
#include "controlplane/translate/resource.h"

namespace sluice::translate {

// A Cluster: EDS, so that a change of endpoints is a small message of its own; STRICT_DNS for a
// name that the proxies resolve.
Resource TranslateBackend(const ir::Backend& backend);

// A ClusterLoadAssignment, one locality for each zone.
Resource TranslateEndpoints(const ir::Endpoints& endpoints);

}  // namespace sluice::translate
