// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "controlplane/access/tls_material.h"

namespace sluice::access {

// Empty, or why a port must not be opened at `address` with this TLS: anything off loopback without
// TLS and a credential. `is_open`: no credential is asked for.
[[nodiscard]] std::string ObjectionTo(std::string_view address, const TlsMaterial& tls,
                                      bool is_open);

}  // namespace sluice::access
