// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "dataplane/http/header_map.h"

namespace sluice::http1 {

// A BodyEncoder frames one message's body on its way out and keeps it to what the head promised.
//
// Large data is moved; small data is copied behind what stands there already, so that a head and
// its short body are one piece of memory and a trickle of bytes does not pin a block each.
//
// Thread:   its worker's only.
// Errors:   false from Encode: the declared length was not kept, so the connection cannot go on.
class BodyEncoder {
 public:
  static constexpr size_t kCopyBytes = 1024;

  enum class Kind : uint8_t {
    kNothing,  // The message has no body: data is dropped.
    kLength,
    kChunked,
    kRaw  // Until close, or a tunnel.
  };

  void Start(Kind kind, uint64_t length = 0) {
    kind_ = kind;
    left_ = length;
  }
  Kind kind() const { return kind_; }

  // Moves all of `data` behind `out`, framed; what is beyond a declared length is dropped.
  [[nodiscard]] bool Encode(base::Buffer& data, bool end, base::Buffer& out);

  // Ends the body with trailers, if it is chunked and `trailers` is not null; without else.
  [[nodiscard]] bool End(const http::HeaderMap* trailers, base::Buffer& out);

 private:
  Kind kind_ = Kind::kNothing;
  uint64_t left_ = 0;
};

}  // namespace sluice::http1
