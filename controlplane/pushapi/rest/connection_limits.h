// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

namespace sluice::pushapi {

// What one connection may take. Times are for the whole of a part, not for each of its bytes: a
// client that sends one byte now and then is as slow as one that sends none.
struct ConnectionLimits {
  std::chrono::milliseconds idle{5'000};   // between two requests
  std::chrono::milliseconds head{10'000};  // TLS handshake; request line and headers
  std::chrono::milliseconds body{60'000};  // of the request
  std::chrono::milliseconds answer{60'000};
  size_t max_head_bytes = 32 * 1024;
  size_t max_body_bytes = 64 * 1024 * 1024;  // decoded
};

}  // namespace sluice::pushapi
