// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "google/protobuf/message.h"

namespace sluice::manifest {

// Sets every absent field that has a default (sluice.api.rules.default_value) to it, in `message`
// and in all messages it holds, as a Kubernetes API server does with a CRD's defaults. Absent
// messages stay absent unless their own default says "{}". Idempotent.
//
// What a person wrote is stored without defaults; readers of the spec (resolve) fill a copy.
void FillDefaults(google::protobuf::Message* message);

}  // namespace sluice::manifest
