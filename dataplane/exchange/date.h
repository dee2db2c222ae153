// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::exchange {

// `wall_ns` as an HTTP date (RFC 9110 §5.6.7). The text is made once a second and thread; the view
// is good until the next call on the thread.
std::string_view HttpDate(int64_t wall_ns);

}  // namespace sluice::exchange
