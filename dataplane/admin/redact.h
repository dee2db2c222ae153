// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace sluice::admin {

// Replaces every secret in a message's JSON by "[redacted]": private keys, passwords, session
// ticket keys, generic secrets, tokens and credentials, and the values of headers that carry them.
// File names and names of environment variables stay, and so do certificates.
//
// It goes by the names of fields, in either of protobuf's spellings, at any depth and inside any
// extension: a secret in an extension that this program does not know is found all the same. What
// is redacted still reads as the message it was ("[redacted]" in base64 where bytes stood).
void Redact(nlohmann::ordered_json& message);

}  // namespace sluice::admin
