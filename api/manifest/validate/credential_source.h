// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "api/manifest/validate/findings.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "sluice/v1alpha1/auth_policy.pb.h"

namespace sluice::manifest {

// Checks places where a credential is looked for: exactly one of header, query and cookie each, no
// place twice, and no header that a message needs for itself.
void CheckCredentialSources(
    const google::protobuf::RepeatedPtrField<v1alpha1::CredentialSource>& sources,
    const std::string& path, Findings& findings);

// Whether a header says how a message is framed or where it goes, so that no policy may take it out
// or put it in. `name` in any case.
bool IsMessageHeader(std::string_view name);

}  // namespace sluice::manifest
