// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "dataplane/http/header_map.h"
#include "dataplane/http/message.h"

namespace sluice::http1 {

// How a head tells its reader where the body ends.
struct LengthField {
  enum class Kind : uint8_t { kNone, kLength, kChunked };
  Kind kind = Kind::kNone;
  uint64_t length = 0;
};

// What the Connection field of a head says.
enum class Persistence : uint8_t { kUnsaid, kClose, kKeepAlive };

// Both write one head behind `out` in one contiguous piece, framing and connection fields
// included. Fields of that kind in a HeaderMap are left out, whoever put them there: only one
// place decides them. A field with a control byte in it is left out as well: whatever a filter
// made of a client's bytes, it cannot start a line of its own (H1-29).

void WriteResponseHead(uint16_t status, const http::HeaderMap& headers, LengthField length,
                       Persistence persistence, std::string_view upgrade, base::Buffer& out);

// Origin form, Host first. False, with nothing written, if method, target or authority would break
// the line they stand in.
[[nodiscard]] bool WriteRequestHead(const http::RequestHead& head, LengthField length,
                                    base::Buffer& out);

// The trailer section with its empty line, behind the last chunk.
void WriteTrailers(const http::HeaderMap& trailers, base::Buffer& out);

}  // namespace sluice::http1
