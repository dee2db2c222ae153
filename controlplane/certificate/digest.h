// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace sluice::certificate {

// SHA-256, 32 bytes.
//
// Thread: any.  Errors: none.
std::string Sha256(std::string_view bytes);

}  // namespace sluice::certificate
