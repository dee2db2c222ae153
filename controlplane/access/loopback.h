// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace sluice::access {

// True for 127.0.0.0/8, [::1], localhost and unix sockets, each with or without a port.
[[nodiscard]] bool IsLoopback(std::string_view address);

}  // namespace sluice::access
