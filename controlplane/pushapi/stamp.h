// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "api/manifest/object.h"
#include "controlplane/registry/change.h"

namespace sluice::pushapi {

// What a registry of ours sets in an object's metadata, as a Kubernetes API server would: when it
// was made, and how often its spec has changed. Precedence between routes goes by the first.

// The object as it is to be stored: status and what the registry sets are taken off what its author
// gave, and set anew from the stored version (`before`; null: there is none).
//
// Errors: kAborted if the author's metadata.resourceVersion is not the stored one.
absl::StatusOr<manifest::Object> Stamp(const manifest::Object& given,
                                       const manifest::Object* before,
                                       registry::Revision before_revision, absl::Time now);

// The object without status and without what the registry sets: what its author said.
manifest::Object Unstamp(const manifest::Object& object);

}  // namespace sluice::pushapi
