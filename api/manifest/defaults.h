// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "google/protobuf/message.h"

namespace sluice::manifest {

// Sets every absent field that has a default (sluice.api.rules.default_value) to it, in `message`
// and in all messages it holds, as a Kubernetes API server does with a CRD's defaults. Absent
// messages stay absent unless their own default says "{}". Idempotent.
//
// It serves nobody: what is stored is what a person wrote, and the defaults that are served stand
// in controlplane/ir. With it, tests hold those against the documented ones
// (documented_defaults_test).
void FillDefaults(google::protobuf::Message* message);

}  // namespace sluice::manifest
