// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/manifest/object.h"
#include "api/manifest/origin.h"
#include "controlplane/resolve/verdict.h"

namespace sluice::status {

// Appends each condition of the verdict that is not as the object's author will have wanted it, as
// a problem with the place that it is about: "spec.parentRefs[0]", "spec.listeners[1]".
// Fields that are not acted on are manifest::FindUnsupported's to tell.
void AppendProblems(const manifest::Object& object, const resolve::Verdict& verdict,
                    std::vector<manifest::Problem>* problems);

}  // namespace sluice::status
