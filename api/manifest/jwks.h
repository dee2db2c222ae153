// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace sluice::manifest {

// Says what is wrong with a JSON Web Key Set (RFC 7517 §5) as far as its form goes: an empty
// string, or a sentence without a subject ("must be ..."), to stand behind a field path. Keys of a
// type that is not known do no harm (§5), as long as one is there that can be used. Whether a key
// is strong enough is for the proxies to judge.
//
// Limits: linear in `text`, whose size its readers bound.
std::string CheckJwks(std::string_view text);

}  // namespace sluice::manifest
