// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/manifest/validate/findings.h"
#include "google/protobuf/message.h"

namespace sluice::manifest {

// Checks what spans several fields of one object; rules on single fields are enforced while
// reading. Nothing here looks at another object. `body` may be half filled: fields that could not
// be read are absent.
void Validate(const google::protobuf::Message& body, Findings& findings);

}  // namespace sluice::manifest
