// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "controlplane/resolve/facts.h"
#include "controlplane/resolve/verdict.h"

namespace sluice::resolve {

// True for the kinds that attach by targetRefs.
bool IsPolicy(std::string_view kind);

// What became of a policy, target by target: whether what it names is there, whether it can be
// kept there, and whether an older one was there first. The object must be in `objects`.
Verdict ResolvePolicyVerdict(Facts& facts, const store::ObjectSet& objects,
                             const manifest::ObjectKey& key);

}  // namespace sluice::resolve
