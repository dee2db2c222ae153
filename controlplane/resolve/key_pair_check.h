// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sluice::resolve {

// Says why a proxy would refuse a certificate chain with its key, both PEM; empty: it would not.
//
// A seam, because the answer takes a TLS library, and this folder is pure: the same pair always has
// the same answer, on every replica, whatever the time is.
//
// Thread: called from its resolver's.
using KeyPairCheck =
    std::function<std::string(std::string_view chain_pem, std::string_view key_pem)>;

}  // namespace sluice::resolve
